/** One run of a scenario in virtual time, with a fixed limit or a steered one, and its trace. */
import { vllm } from '../../../lib/model/vllm.js'
import type { Model } from '../../../lib/model/model.js'
import { ours, responses } from '../scheduling/ours.js'
import { lengthen, makeRecords, serverOptions } from '../scheduling/workload.js'
import { VirtualClock } from '../virtual/clock.js'
import { VirtualNetwork } from '../virtual/network.js'
import { virtualServer } from '../virtual/server.js'
import type { Scenario } from './scenario.js'

/** One server at one moment. */
export interface Look {
  atMs: number
  url: string
  limit: number
  inFlight: number
  running: number
  waiting: number
  kvUsage: number
  /** So far: tokens of answers, answers, sequences preempted, calls refused for the load. */
  tokens: number
  answers: number
  preemptions: number
  refused: number
  /** Why the limit is what it is, or why there are no calls. */
  reason: string
  /** Calls that wait in our own queue. */
  queued: number
}

export interface Run {
  makespanMs: number
  rejected: number
  /** Once a second, a line for each server. */
  looks: Look[]
  cpuMs: number
}

export const everyMs = 1000

export const runScenario = async (
  scenario: Scenario,
  concurrency: number | 'auto',
  { seed = 1, records = scenario.records } = {},
): Promise<Run> => {
  const cpu = process.cpuUsage()
  const clock = new VirtualClock()
  const network = new VirtualNetwork({ clock, oneWayMs: 1 })
  const servers = Array.from({ length: scenario.servers }, (_, i) =>
    virtualServer(
      clock,
      network,
      {
        ...serverOptions,
        seed,
        time: scenario.law,
        flavour: scenario.flavour,
        maxNumQueuedReqs: scenario.most,
      },
      `http://127.0.0.1:${8000 + i}`,
    ),
  )
  for (const { rules } of servers)
    lengthen((match, script) => rules.add(match, script), seed)
  const { fault } = scenario
  if (fault)
    for (const { rules } of servers)
      rules.add(({ method }) => method === 'POST', fault.kind, { rate: fault.rate })
  const urls = servers.map(({ url }) => url)
  const common = { client: network.client, deadlineMs: 3_600_000 }
  const looks: Look[] = []
  let rejected = 0

  return clock.run(async () => {
    const model = await vllm({ urls, concurrency, ...common })
    const startedAt = clock.now
    const look = (): void => {
      const stats = model.stats()
      for (const [i, server] of servers.entries()) {
        const seen = stats.servers[i]
        looks.push({
          atMs: clock.now - startedAt,
          url: server.url,
          limit: seen?.limit ?? 0,
          inFlight: seen?.inFlight ?? 0,
          ...server.gauges(),
          tokens: server.books.generationTokens,
          answers: Object.values(server.books.finishedBy).reduce((a, b) => a + b, 0),
          preemptions: server.books.preemptions,
          refused: server.books.refused,
          reason: seen?.out ?? seen?.reason ?? '',
          queued: stats.queued,
        })
      }
    }
    const watch = setInterval(look, everyMs)
    const { intruder, outage } = scenario
    if (intruder)
      setTimeout(() => {
        void intrude(urls.slice(0, 1), intruder, common)
      }, intruder.fromMs)
    if (outage) {
      setTimeout(() => servers[1]?.die(), outage.fromMs)
      setTimeout(() => servers[1]?.revive(), outage.toMs)
    }
    const policy = scenario.work === 'pipeline' ? ours : responses
    await policy(concurrency).run({
      records: makeRecords(records, scenario.historyTokens),
      slots: scenario.law.maxNumSeqs,
      connect: () => Promise.resolve(model),
      done: ({ reject }) => {
        if (reject) rejected++
      },
    })
    const makespanMs = clock.now - startedAt
    look()
    clearInterval(watch)
    await model.close()
    const { user, system } = process.cpuUsage(cpu)
    return { makespanMs, rejected, looks, cpuMs: (user + system) / 1000 }
  })
}

/** Another program: so many chats in flight, one after the other, all different. */
const intrude = async (
  urls: string[],
  { fromMs, toMs, sequences }: NonNullable<Scenario['intruder']>,
  common: { client: VirtualNetwork['client']; deadlineMs: number },
): Promise<void> => {
  const model = await vllm({ urls, concurrency: sequences, ...common })
  const until = performance.now() + toMs - fromMs
  let asked = 0
  const client = async (): Promise<void> => {
    while (performance.now() < until) await ask(model, asked++)
  }
  await Promise.all(Array.from({ length: sequences }, client))
  await model.close()
}

const filler =
  'Some words that were said before, and that matter to nobody but him. '.repeat(30)

const ask = async (model: Model, number: number): Promise<void> => {
  await model.call({
    label: 'chat',
    rank: number,
    messages: [{ role: 'user', content: `Person ${number} asks about this. ${filler}` }],
    sampling: { temperature: 1, topP: 1, maxTokens: 1024, seed: number },
  })
}
