/**
 * The law of `--concurrency auto`: from what a server says of its load to how many sequences of
 * ours it gets. Pure: no clock, no socket; the time comes in with each reading.
 *
 * - KV cache first: its use warns seconds before the first preemption, while latency and tokens/s
 *   follow the lengths of answers and say nothing. Aim at 0.85, leave 0.80 to 0.90 alone.
 * - Growth by doubling at most, only while calls wait here and none at the server, and only once
 *   as many answers came as sequences are in flight: that is one answer's time whatever the
 *   lengths, and the cache's use lags a change by just that.
 * - A queue at the server while the batch is still growing is prompts being read. One that stays
 *   although answers come and the batch does not grow means that all slots are taken: keep a
 *   reserve behind them, so that a free slot is filled without a round trip, and no more.
 * - One cut, then none until what is in flight has drained below it and answers have come.
 */
import type { Gauges } from './gauges.js'
import { HeldTokens } from './held-tokens.js'
import type { Usage } from './model.js'
import { blindLimit, kvTarget, mostPerEngine, startLimit } from './start-limit.js'

export interface Reading {
  /** Milliseconds, of any clock that only goes forward. */
  now: number
  gauges: Gauges
  /** Ours at that server, in sequences. */
  inFlight: number
  /** Ours that wait for room here. */
  queued: number
}

const kvLow = 0.8
const kvHigh = 0.9
const kvFull = 0.97
/** Where growth may go after half a generation of answers, the short ones: they say too little. */
const kvEarly = 0.55
/** Of what runs, after the cache overflowed (h100: running settles by itself at what fits). */
const afterOverflow = 0.9
const afterRefusal = 0.75
/** A limit that was refused is passed again slowly: 1 % of it in so many ms. */
const ceilingPercentMs = 5000
const lostWindowMs = 10_000
/** So long without a reading, the limit is the fixed one: cut where calls are refused, and back. */
const blindAfterMs = 30_000

/** What waits at the server behind so many slots: chance evens out over many, so less for each. */
export const reserveBehind = (slots: number): number => Math.ceil(2 * Math.sqrt(slots))

export class Steer {
  limit: number
  /** Why the limit is what it is, in words. */
  reason: string
  readonly #held = new HeldTokens()
  /** Sequences answered since the limit moved, since the last reading, since the last cuts. */
  #sinceMove = 0
  #sinceReading = 0
  #sinceEase = Infinity
  #sinceOverflow = Infinity
  #sinceRefusal = Infinity
  #readAt = -Infinity
  #preemptions: number | undefined
  /** Measured use of the cache over what answers told: less than 1 where prompts are shared. */
  #shared = 1
  /** A queue at the server, and the largest batch seen since it is there. */
  #queue: { batch: number; readings: number; answered: number } | undefined
  #slots: number | undefined
  #ceiling: { limit: number; at: number } | undefined
  #lost = { since: -Infinity, count: 0 }

  /** Gauges as read before the first call; `closed` is why there are none. */
  constructor(start: Gauges | undefined, closed?: string) {
    const { limit, reason } = startLimit(start, closed)
    this.limit = limit
    this.reason = reason
  }

  /** An HTTP answer of so many sequences. */
  answered(usage: Usage, sequences: number, now: number): void {
    this.#held.answered(usage, sequences)
    this.#sinceMove += sequences
    this.#sinceReading += sequences
    this.#sinceEase += sequences
    this.#sinceOverflow += sequences
    this.#sinceRefusal += sequences
    const blind = now - this.#readAt > blindAfterMs
    if (blind && this.limit < blindLimit && this.#sinceMove >= this.limit)
      this.#raise(this.limit * 1.1 + 1, blindLimit, now, 'growing back after refusals')
  }

  /** The server said 429 or 503, with so many in flight. */
  refused(inFlight: number, now: number): void {
    this.#cutRefused(inFlight, now, 'the server refused more')
  }

  /** A connection was lost, or a deadline missed. A single one happens; several mean too much. */
  lost(inFlight: number, now: number): void {
    if (now - this.#lost.since > lostWindowMs) this.#lost = { since: now, count: 0 }
    if (++this.#lost.count >= Math.max(2, inFlight / 50))
      this.#cutRefused(inFlight, now, 'connections were lost or deadlines missed')
  }

  read({ now, gauges, inFlight, queued }: Reading): void {
    const { running, waiting, kvUsage = 0, kvTokens } = gauges
    const preempted = gauges.preemptions > (this.#preemptions ?? Infinity)
    this.#preemptions = gauges.preemptions
    this.#watchQueue(running, waiting)
    this.#sinceReading = 0
    this.#readAt = now

    // Ours are counted here and theirs a moment earlier: a few more or less are no other client.
    const all = running + waiting
    const others = all - inFlight > Math.max(4, inFlight / 10) ? all - inFlight : 0
    const share = others > 0 ? inFlight / all : 1
    const drained = inFlight <= this.limit * 1.02
    const generations = this.#sinceMove / Math.max(1, inFlight)

    if ((kvUsage >= kvFull && waiting > 0) || (preempted && kvUsage >= kvHigh)) {
      if (drained && this.#sinceOverflow >= this.limit) {
        const fits = running * afterOverflow
        this.#cut(Math.max(fits * share, fits / 4), 'the KV cache overflowed')
        this.#sinceOverflow = 0
        this.#sinceEase = 0
      }
      return
    }
    if (kvUsage > kvHigh) {
      if (drained && this.#sinceEase >= this.limit / 2) {
        const fits = (running * kvTarget) / kvUsage
        const held = waiting > 0 ? running * share : inFlight
        this.#cut(Math.max((held * kvTarget) / kvUsage, fits / 4), 'the KV cache is full')
        this.#sinceEase = 0
      }
      return
    }
    if (
      this.#slots !== undefined &&
      this.#steerSlots(this.#slots, { running, waiting, inFlight, queued, share })
    )
      return

    const binds = queued > 0 && inFlight >= this.limit / 2
    if (generations >= 1 && kvTokens && this.#held.mean && running >= 4)
      this.#shared +=
        0.3 * ((kvUsage * kvTokens) / running / this.#held.mean - this.#shared)
    if (!binds || waiting > Math.max(2, reserveBehind(running) / 2)) return
    const aim = generations >= 1 ? kvTarget : generations >= 0.5 ? kvEarly : 0
    if (aim === 0) return
    if (kvUsage >= kvLow) {
      this.reason = 'the KV cache is as full as it should be'
      return
    }
    const measured = running >= 4 ? kvUsage / running : 0
    const told =
      kvTokens && this.#held.mean ? (this.#held.mean * this.#shared) / kvTokens : 0
    const each = Math.max(measured, told)
    const room = each > 0 ? aim / each - others : Infinity
    this.#raise(
      Math.min(2 * this.limit, room),
      mostPerEngine * gauges.engines,
      now,
      'growing while the server takes more',
    )
  }

  /** True when the slots, and nothing else, decide. */
  #steerSlots(
    slots: number,
    {
      running,
      waiting,
      inFlight,
      queued,
      share,
    }: {
      running: number
      waiting: number
      inFlight: number
      queued: number
      share: number
    },
  ): boolean {
    const reserve = reserveBehind(slots)
    const why = `${slots} sequences run at once, ${reserve} wait behind them`
    if (waiting > 1.5 * reserve) {
      const whole = slots + reserve
      // A queue longer than all of our work is not our doing: no less than we would send alone.
      const least = waiting > inFlight ? whole : whole / 2
      const target = Math.max(inFlight - (waiting - reserve) * share, least)
      if (target < this.limit * 0.97) this.#cut(target, why)
      return true
    }
    if (queued > 0 && inFlight >= this.limit / 2 && waiting < reserve / 2) {
      const missing = Math.max(0, slots - running) + reserve - waiting
      this.limit = Math.floor(Math.min(inFlight + missing, 2 * this.limit))
      this.reason = why
    }
    return true
  }

  #watchQueue(running: number, waiting: number): void {
    if (this.#slots !== undefined && running > this.#slots * 1.03 + 1)
      this.#slots = undefined
    const queue = this.#queue
    if (waiting <= Math.max(2, reserveBehind(running) / 4)) this.#queue = undefined
    else if (!queue || running > queue.batch * 1.03 + 1)
      this.#queue = { batch: running, readings: 1, answered: 0 }
    else {
      queue.batch = Math.max(queue.batch, running)
      queue.readings++
      queue.answered += this.#sinceReading
      if (queue.readings >= 3 && queue.answered >= queue.batch / 10)
        this.#slots = queue.batch
    }
  }

  #cutRefused(inFlight: number, now: number, why: string): void {
    const drained = inFlight <= this.limit
    if (!drained || this.#sinceRefusal < this.limit / 2) return
    this.#ceiling = { limit: inFlight, at: now }
    this.#cut(inFlight * afterRefusal, why)
    this.#sinceRefusal = 0
  }

  #cut(limit: number, reason: string): void {
    this.limit = Math.max(1, Math.min(this.limit, Math.floor(limit)))
    this.reason = reason
    this.#sinceMove = 0
  }

  #raise(wanted: number, most: number, now: number, reason: string): void {
    const { limit: refused, at } = this.#ceiling ?? { limit: Infinity, at: 0 }
    const ceiling = refused * (0.95 + (now - at) / ceilingPercentMs / 100)
    const limit = Math.floor(Math.min(wanted, most, ceiling))
    if (limit < this.limit * 1.03) return
    this.limit = limit
    this.reason = reason
    this.#sinceMove = 0
    this.#sinceEase = Infinity
    this.#sinceOverflow = Infinity
  }
}
