/** What a run came to: throughput while it is steady, KV use, how soon the limit settled. */
import type { Look, Run } from './run.js'
import type { Scenario } from './scenario.js'

export interface Assessed {
  seconds: number
  /**
   * What is compared: runs a second; beside a second client, tokens a second of both while it is
   * there, since our own are most where we push it out.
   */
  throughput: number
  /** Answer tokens a second, all servers, in the middle half of the run. */
  tokensPerSecond: number
  /** Of the first server, in the middle half. */
  kvMean: number
  kvMax: number
  preemptions: number
  answers: number
  /** Calls refused for the load. */
  refused: number
  limit: number
  /** From the start until the limit stays within a tenth of its median in the middle half. */
  settledMs: number
  /** Mean time of a call in the middle half. */
  answerMs: number
  rejected: number
}

export const assess = (
  { makespanMs, looks, rejected }: Run,
  { intruder }: Pick<Scenario, 'intruder'> = {},
): Assessed => {
  const from = makespanMs / 4
  const middle = looks.filter(({ atMs }) => atMs >= from && atMs <= 3 * from)
  const urls = [...new Set(looks.map(({ url }) => url))]
  const gain = (of: (look: Look) => number, among = middle): number =>
    urls.reduce((sum, url) => {
      const own = among.filter(look => look.url === url)
      const [first, last] = [own[0], own.at(-1)]
      return first && last ? sum + of(last) - of(first) : sum
    }, 0)
  const first = looks.filter(({ url }) => url === urls[0])
  const own = middle.filter(({ url }) => url === urls[0])
  const seconds = ((own.at(-1)?.atMs ?? 0) - (own[0]?.atMs ?? 0)) / 1000
  const limit = median(own.map(look => look.limit))
  const until = first.filter(({ atMs }) => atMs <= 3 * from)
  const unsettled = until.findLast(look => Math.abs(look.limit - limit) > 0.1 * limit)
  const tokensPerSecond = gain(({ tokens }) => tokens) / seconds
  // Little's law: what is at the servers, over what leaves them.
  const inFlight = urls.length * mean(middle.map(look => look.running + look.waiting))
  return {
    seconds: makespanMs / 1000,
    throughput: intruder
      ? gain(
          ({ tokens }) => tokens,
          looks.filter(({ atMs }) => atMs >= intruder.fromMs && atMs <= intruder.toMs),
        ) /
        ((intruder.toMs - intruder.fromMs) / 1000)
      : 1000 / makespanMs,
    tokensPerSecond,
    kvMean: mean(own.map(({ kvUsage }) => kvUsage)),
    kvMax: Math.max(...own.map(({ kvUsage }) => kvUsage)),
    preemptions: gain(({ preemptions }) => preemptions, looks),
    answers: gain(({ answers }) => answers, looks),
    refused: Math.max(...looks.map(({ refused }) => refused)),
    limit,
    settledMs: unsettled?.atMs ?? 0,
    answerMs: (inFlight * 1000) / (gain(({ answers }) => answers) / seconds),
    rejected,
  }
}

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length)

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0

export const verdictOn = (run: Run): string => {
  const {
    seconds,
    tokensPerSecond,
    kvMean,
    kvMax,
    preemptions,
    limit,
    settledMs,
    answerMs,
    rejected,
  } = assess(run)
  return [
    `${seconds.toFixed(1)} s`,
    `${Math.round(tokensPerSecond)} tokens/s in the middle half`,
    `limit ${limit}`,
    `KV ${kvMean.toFixed(2)} (most ${kvMax.toFixed(2)})`,
    `${preemptions} preemptions`,
    `settled after ${(settledMs / 1000).toFixed(0)} s (an answer takes ${(answerMs / 1000).toFixed(1)} s)`,
    ...(rejected > 0 ? [`${rejected} rejected`] : []),
    `${(run.cpuMs / 1000).toFixed(1)} CPU s`,
  ].join(', ')
}
