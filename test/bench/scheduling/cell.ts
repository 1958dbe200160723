/**
 * One policy, one server, one seed, in virtual time: how long the work took beside the time that
 * a server which is never short of it needs.
 */
import { simulate } from '../../../fixtures/vllm/simulate.js'
import type { Model } from '../../../lib/model/model.js'
import { vllm } from '../../../lib/model/vllm.js'
import { VirtualClock } from '../virtual/clock.js'
import { VirtualNetwork } from '../virtual/network.js'
import { virtualServer } from '../virtual/server.js'
import { type LawName, lawOf, Meter } from './laws.js'
import type { Policy } from './policy.js'
import { callsPerRecord, lengthen, makeRecords, serverOptions } from './workload.js'

export interface CellOptions {
  records: number
  slots: number
  /** Default constant. */
  law?: LawName
  seed: number
  policy: Policy
  /** From client to server, and as long back. Default 1. */
  oneWayMs?: number
  /** How often `Cell.timeline` looks at the server; default never. */
  everyMs?: number
}

export interface Cell {
  makespanMs: number
  /**
   * One step for each token of each answer, all slots taken in every step. No schedule can be
   * faster; with few records a slot, or one very long answer, none can be as fast.
   */
  idealMs: number
  /** Steps of the longest answer, as a part of all steps of the ideal run. */
  longest: number
  /** When the first record had all its verdicts. */
  firstMs: number
  timeline: { atMs: number; running: number; waiting: number }[]
  cpuMs: number
}

export const runCell = async ({ oneWayMs = 1, ...options }: CellOptions) => {
  const clock = new VirtualClock()
  const network = new VirtualNetwork({ clock, oneWayMs })
  const { slots } = options
  const law = lawOf(options.law ?? 'constant', slots)
  let meter = new Meter()
  const server = virtualServer(clock, network, {
    ...serverOptions,
    seed: options.seed,
    time: law,
    onSubmit: job => meter.submitted(job),
  })
  const { books, rules } = server
  lengthen((match, script) => rules.add(match, script), options.seed)
  const computed = (): number => books.promptTokens - books.prefixHits
  let before = 0
  return clock.run(() =>
    measure(options, {
      now: () => clock.now,
      connect: concurrency =>
        vllm({ ...callOptions(server, concurrency), client: network.client }),
      gauges: server.gauges,
      start() {
        meter = new Meter()
        before = computed()
      },
      end: () => ({
        calls: meter.calls,
        longest: (meter.longest * slots) / meter.tokens,
        idealMs: meter.idealMs(law, computed() - before),
      }),
    }),
  )
}

/**
 * The same cell in real time: loopback HTTP, the engine's clock `speed` times as fast. Shows that
 * the virtual one leaves nothing out that matters.
 */
export const runRealCell = async ({
  speed,
  ...options
}: CellServer & { speed: number }) => {
  const { seed, slots } = options
  const law = lawOf('constant', slots)
  const server = await simulate({ ...serverOptions, seed, time: law, logLimit: 0, speed })
  lengthen((match, script) => server.script(match, script), seed)
  let { generationTokens: tokens, sequences: calls } = server.stats
  try {
    return await measure(options, {
      now: () => performance.now() * speed,
      connect: concurrency => vllm(callOptions(server, concurrency)),
      gauges: () => server.stats,
      start: () => void ({ generationTokens: tokens, sequences: calls } = server.stats),
      end: () => ({
        calls: server.stats.sequences - calls,
        longest: NaN, // not to be seen from outside
        idealMs: (law.baseMs * (server.stats.generationTokens - tokens)) / slots,
      }),
    })
  } finally {
    await server.close()
  }
}

type CellServer = Omit<CellOptions, 'oneWayMs' | 'law'>

const callOptions = ({ url }: { url: string }, concurrency: number | 'auto') => ({
  urls: [url],
  concurrency,
  deadlineMs: longestMs,
})

interface Place {
  now(): number
  connect(concurrency: number | 'auto'): Promise<Model>
  gauges(): { running: number; waiting: number }
  /** The client has connected, the work begins. */
  start(): void
  /** Calls since then, and the least time they take. */
  end(): { calls: number; idealMs: number; longest: number }
}

const measure = async (
  { records: count, slots, policy, everyMs }: CellServer,
  place: Place,
): Promise<Cell> => {
  const cpu = process.cpuUsage()
  const timeline: Cell['timeline'] = []
  let startedAt = 0
  let firstMs = 0
  let done = 0
  let watch: NodeJS.Timeout | undefined
  let model: Model | undefined
  const since = (): number => place.now() - startedAt
  await policy.run({
    records: makeRecords(count),
    slots,
    async connect(concurrency) {
      model = await place.connect(concurrency)
      startedAt = place.now()
      place.start()
      const look = (): void => {
        const { running, waiting } = place.gauges()
        timeline.push({ atMs: since(), running, waiting })
      }
      if (everyMs !== undefined) watch = setInterval(look, everyMs)
      return model
    },
    done(record) {
      if (record.reject) throw new Error(record.reject.message)
      if (done++ === 0) firstMs = since()
    },
  })
  const makespanMs = since()
  clearInterval(watch)
  await model?.close()

  const { calls, idealMs, longest } = place.end()
  if (done !== count || calls !== count * callsPerRecord)
    throw new Error(`${done} records and ${calls} calls for ${count} records`)
  const { user, system } = process.cpuUsage(cpu)
  return {
    makespanMs,
    idealMs,
    longest,
    firstMs,
    timeline,
    cpuMs: (user + system) / 1000,
  }
}

/** Where the server queues all calls of a stage, the last one is answered long after the first. */
const longestMs = 2 ** 31 - 1
