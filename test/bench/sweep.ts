/**
 * `--concurrency auto` on a real server, beside fixed numbers: no simulation knows what it leaves
 * out. In turns, since a real server's speed drifts.
 */
import { request } from 'undici'
import { Dice } from '../../fixtures/vllm/dice.js'
import type { Model } from '../../lib/model/model.js'
import { vllm } from '../../lib/model/vllm.js'
import type { Benchmark } from './benchmark.js'
import { alternating, fixed, median, whole } from './numbers.js'

const numbers = [32, 64, 96, 128]
const rounds = 5
/** Some answer times each: the prompts of a cold start are read in bursts. */
const warmUpMs = 30_000
const windowMs = 30_000
/** More than any limit here, so that it is always the limit that binds. */
const open = 512

interface Measured {
  tokensPerSecond: number
  limit: number
  reason: string
}

const sweep: Benchmark = {
  name: 'sweep',
  long: true,
  what: `Answers of 8 to 96 tokens to prompts that share nothing, as many as the limit lets through, against a real vLLM (\`--base-url\`): tokens that the server says it generated in ${windowMs / 1000} s, after ${warmUpMs / 1000} s from a cold start. Medians of ${rounds} alternating rounds.`,
  async run({ baseUrl, log }) {
    if (!baseUrl)
      return { tables: [], goals: [], notes: ['Needs a real server: `--base-url URL`.'] }
    const settings = [...numbers, 'auto'] as const
    const runs = await alternating(
      rounds,
      Object.fromEntries(
        settings.map(setting => [
          String(setting),
          async () => {
            const measured = await measure(baseUrl, setting)
            const { tokensPerSecond, limit, reason } = measured
            log(`${setting}: ${whole(tokensPerSecond)} tokens/s, ${limit} (${reason})`)
            return measured
          },
        ]),
      ),
    )
    const rates = new Map(
      settings.map(setting => [
        setting,
        (runs[setting] ?? []).map(({ tokensPerSecond }) => tokensPerSecond),
      ]),
    )
    const rateOf = (setting: number | 'auto') => median(rates.get(setting) ?? [])
    const best = Math.max(...numbers.map(rateOf))
    const got = rateOf('auto') / best
    return {
      tables: [
        {
          columns: ['in flight', 'tokens/s', 'of the best', 'lowest', 'highest', 'limit'],
          rows: settings.map(setting => {
            const all = rates.get(setting) ?? []
            const limits = (runs[setting] ?? []).map(({ limit }) => limit)
            return [
              String(setting),
              whole(rateOf(setting)),
              fixed(rateOf(setting) / best),
              whole(Math.min(...all)),
              whole(Math.max(...all)),
              [...new Set(limits)].join(', '),
            ]
          }),
        },
      ],
      goals: [
        {
          what: 'auto, of the best fixed number',
          goal: '≥ 0.9',
          got: fixed(got),
          met: got >= 0.9,
        },
      ],
      notes: [`Reasons for auto's limits: ${reasonsOf(runs['auto'] ?? [])}.`],
    }
  },
}

const reasonsOf = (runs: readonly Measured[]): string =>
  [...new Set(runs.map(({ reason }) => reason))].join('; ')

const measure = async (url: string, concurrency: number | 'auto'): Promise<Measured> => {
  const model = await vllm({ urls: [url], concurrency })
  const load = keepAsking(model, open)
  try {
    await pause(warmUpMs)
    const [before, from] = [await generated(url), performance.now()]
    await pause(windowMs)
    const [after, to] = [await generated(url), performance.now()]
    const [server] = model.stats().servers
    return {
      tokensPerSecond: ((after - before) / (to - from)) * 1000,
      limit: server?.limit ?? NaN,
      reason: server?.reason ?? '',
    }
  } finally {
    load.stop()
    model.abort()
  }
}

/** Keeps so many calls open, whatever part of them is in flight. */
const keepAsking = (model: Model, calls: number) => {
  const dice = new Dice(1)
  let rank = 0
  let stopped = false
  const ask = async (): Promise<void> => {
    while (!stopped) {
      const outcome = await model.call({
        label: 'sweep',
        rank: rank++,
        messages: [
          { role: 'user', content: `${dice.next()} ${dice.next()}: tell a story.` },
        ],
        sampling: { temperature: 1, topP: 1, maxTokens: dice.between(8, 96) },
        extra: { ignore_eos: true },
      })
      if (!outcome.ok && !stopped) throw new Error(outcome.message)
    }
  }
  for (let i = 0; i < calls; i++) void ask()
  return { stop: () => void (stopped = true) }
}

const generated = async (url: string): Promise<number> => {
  const { body } = await request(new URL('/metrics', url))
  const counts = (await body.text()).matchAll(
    /^vllm:generation_tokens_total\{.*\} (\S+)/gm,
  )
  return Array.from(counts, ([, count]) => Number(count)).reduce((a, b) => a + b, 0)
}

const pause = (ms: number): Promise<void> =>
  new Promise(resolve => setTimeout(resolve, ms))

export default sweep
