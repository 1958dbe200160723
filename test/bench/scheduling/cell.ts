/**
 * One policy, one server, one seed, in virtual time: how long the work took beside the time that
 * a server which is never short of it needs.
 */
import type { TimeLaw } from '../../../fixtures/vllm/engine/time-law.js'
import type { Model } from '../../../lib/model/model.js'
import { vllm } from '../../../lib/model/vllm.js'
import { VirtualClock } from '../virtual/clock.js'
import { VirtualNetwork } from '../virtual/network.js'
import { virtualServer } from '../virtual/server.js'
import type { Policy } from './policy.js'
import { callsPerRecord, lengthen, makeRecords, serverOptions } from './workload.js'

export interface CellOptions {
  records: number
  slots: number
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
  /** When the first record had all its verdicts. */
  firstMs: number
  timeline: { atMs: number; running: number; waiting: number }[]
  cpuMs: number
}

export const stepMs = 10

/**
 * A server whose every step takes as long, however many sequences run: a slot that is idle is a
 * slot lost, and nothing else is. KV memory does not bind.
 */
export const slotsLaw = (slots: number): TimeLaw => ({
  baseMs: stepMs,
  perSequenceMs: 0,
  perPromptTokenMs: 0,
  perKvTokenMs: 0,
  kvTokens: slots * 4096,
  blockTokens: 16,
  maxNumSeqs: slots,
  batchedTokens: 1_000_000,
  prefixCache: false,
  requestMs: 0,
  promptMs: 0,
})

export const runCell = async ({
  records: count,
  slots,
  seed,
  policy,
  oneWayMs = 1,
  everyMs,
}: CellOptions): Promise<Cell> => {
  const cpu = process.cpuUsage()
  const clock = new VirtualClock()
  const network = new VirtualNetwork({ clock, oneWayMs })
  const server = virtualServer(clock, network, {
    ...serverOptions,
    seed,
    time: slotsLaw(slots),
  })
  lengthen(server.rules, seed)
  const { books } = server
  const timeline: Cell['timeline'] = []
  let firstMs = 0
  let done = 0

  return clock.run(async () => {
    let start = { at: 0, tokens: 0, calls: 0 }
    let watch: NodeJS.Timeout | undefined
    let model: Model | undefined
    await policy.run({
      records: makeRecords(count),
      slots,
      async connect(concurrency) {
        model = await vllm({
          urls: [server.url],
          client: network.client,
          concurrency,
          deadlineMs: longestMs,
        })
        start = {
          at: clock.now,
          tokens: books.generationTokens,
          calls: books.sequences,
        }
        const look = (): void => {
          timeline.push({ atMs: clock.now - start.at, ...server.gauges() })
        }
        if (everyMs !== undefined) watch = setInterval(look, everyMs)
        return model
      },
      done(record) {
        if (record.reject) throw new Error(record.reject.message)
        if (done++ === 0) firstMs = clock.now - start.at
      },
    })
    const makespanMs = clock.now - start.at
    clearInterval(watch)
    await model?.close()

    const calls = books.sequences - start.calls
    if (done !== count || calls !== count * callsPerRecord)
      throw new Error(`${done} records and ${calls} calls for ${count} records`)
    const { user, system } = process.cpuUsage(cpu)
    return {
      makespanMs,
      idealMs: ((books.generationTokens - start.tokens) * stepMs) / slots,
      firstMs,
      timeline,
      cpuMs: (user + system) / 1000,
    }
  })
}

/** Where the server queues all calls of a stage, the last one is answered after the first. */
const longestMs = 2 ** 31 - 1
