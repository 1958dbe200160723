/**
 * The law of `--concurrency auto`: from what a server says of its load to how many sequences of
 * ours it gets. Pure: no clock, no socket; the time comes in with each reading.
 *
 * - KV cache first: its use warns seconds before the first preemption, while latency and tokens/s
 *   follow the lengths of answers and say nothing.
 * - Growth by doubling at most, only while calls wait here and none at the server, and only after
 *   a generation: as many answers as sequences are in flight. That is one answer's time whatever
 *   the lengths, and the cache's use lags a change by just that.
 * - Where slots bind, a small reserve waits behind them, so that a free slot is filled without a
 *   round trip. More would only wait longer.
 * - What is cut is cut once, and again only when answers have shown what came of it.
 * - Calls refused or lost are a reason to send less where they are many, and not where fewer in
 *   flight are refused as often.
 */
import { CacheUse } from './cache-use.js'
import { Ceiling } from './ceiling.js'
import { FullSlots, reserveBehind, stillFull } from './full-slots.js'
import type { Gauges } from './gauges.js'
import { type Load, loadOf, type Reading } from './load.js'
import { LoadTrial } from './load-trial.js'
import type { Usage } from './model.js'
import { blindLimit, kvTarget, mostPerEngine, startLimit } from './start-limit.js'
import { Trouble } from './trouble.js'

const kvLow = 0.82
const kvHigh = 0.9
const kvFull = 0.97
/**
 * Use of the cache to grow to, by generations since the limit moved. Early answers are the short
 * ones, and after one generation the cache still fills a little: both say too little.
 */
const aims = [
  [2, kvTarget],
  [1, 0.83],
  [0.5, 0.55],
] as const
/** Of what runs when the cache overflows: running settles by itself at what fits (h100). */
const afterOverflow = 0.9
const afterRefusal = 0.75
/** Where the trouble is known already, a smaller step will do. */
const afterKnownRefusal = 0.95
/** Nearly all refused: no more of the limit was taken than this part. */
const nearlyNone = 1 / 8
/** So long without a reading, the limit is the fixed one: cut where calls are refused, and back. */
const blindAfterMs = 30_000

export class Steer {
  limit: number
  /** Why the limit is what it is, in words. */
  reason: string
  /** The limit has found what binds. It goes on to follow that. */
  settled = false
  /** A first guess has been made by the size of the cache. */
  #guessed: boolean
  readonly #cache = new CacheUse()
  readonly #full = new FullSlots()
  #readAt = -Infinity
  #overflows = 0
  #preemptions: number | undefined
  /** Sequences answered so far; and when the last reading came, the limit moved, it was cut. */
  #answers = 0
  #atReading = 0
  #atMove = 0
  #atEase = -Infinity
  #atOverflow = -Infinity
  #atRefusal = -Infinity
  /** Where calls were refused or lost, and where the cache overflowed. */
  readonly #refusedAt = new Ceiling()
  readonly #overflowedAt = new Ceiling()
  #others = 0
  /** The limit before calls were refused or lost. */
  #beforeRefusal = 0
  /** Nearly all were refused: how many were in flight still, that had been taken before. */
  #leftOver: number | undefined
  /** What the limit was before calls were refused or lost, until it is that again. */
  #back = 0
  readonly #trouble = new Trouble()
  readonly #trial = new LoadTrial()

  /** Gauges as read before the first call; `closed` is why there are none. */
  constructor(start: Gauges | undefined, closed?: string) {
    const { limit, reason } = startLimit(start, closed)
    this.limit = limit
    this.reason = reason
    this.#guessed = start?.kvTokens !== undefined
  }

  /** An HTTP answer of so many sequences. */
  answered(usage: Usage, sequences: number, now: number): void {
    this.#cache.answered(usage, sequences)
    this.#answers += sequences
    this.#trouble.answered()
    this.#trial.answered(this.#trouble.tolerated)
    // One of so many answers, at least, is for a call that was sent after the last refusal.
    if (this.#leftOver !== undefined && this.#since(this.#atRefusal) > this.#leftOver)
      this.#isBack()
    const blind = now - this.#readAt > blindAfterMs
    const most = Math.min(this.#back, blindLimit)
    if (!blind || this.limit >= most || this.#since(this.#atMove) < this.limit) return
    if (this.#trouble.isOver) this.#refusedAt.served(this.limit)
    this.#raise(this.limit * 1.1 + 1, most, now, 'growing back after refusals')
  }

  /**
   * The server said 429 or 503. Still in flight are those it has taken: no call that waits here
   * is sent after one refused.
   */
  refused(inFlight: number, now: number): void {
    if (!this.#isOfLoad(inFlight, 'refused')) return
    this.#cutRefused(inFlight, now, 'the server refused more')
    const isAway = inFlight <= this.#beforeRefusal * nearlyNone
    this.#leftOver = isAway ? inFlight : undefined
  }

  /**
   * A connection was lost or a deadline missed. Not while few of those allowed are in flight: it
   * is not the limit then that was too high.
   */
  lost(inFlight: number, now: number): void {
    if (inFlight < this.limit / 2 || !this.#isOfLoad(inFlight, 'lost')) return
    if (this.#isNew)
      this.#cutRefused(inFlight, now, 'connections were lost or deadlines missed')
  }

  /** What the limit was before calls were refused or lost, and why that was; once it is less. */
  get fallen(): { from: number; why: string } | undefined {
    const from = this.#back
    return from > this.limit ? { from, why: this.#refusedAt.why } : undefined
  }

  read(reading: Reading): void {
    const load = loadOf(reading, this.limit)
    const { running, waiting, kvUsage } = load
    const preempted = reading.gauges.preemptions > (this.#preemptions ?? Infinity)
    this.#preemptions = reading.gauges.preemptions
    const answers = this.#answers - this.#atReading
    this.#atReading = this.#answers
    this.#cache.read(load, answers)
    // A queue at a full cache says nothing of slots.
    if (kvUsage >= kvLow) this.#full.forget()
    else this.#full.read(running, waiting, answers)
    this.#readAt = reading.now
    this.#others = load.others
    if (!this.#guessed && reading.gauges.kvTokens) this.#guess(load)
    this.#reconsider(load)

    const overflows =
      (kvUsage >= kvFull && waiting > 0) || (preempted && kvUsage >= kvHigh)
    this.#overflows = overflows ? this.#overflows + 1 : 0
    // Few sequences make the cache's use swing: full for a moment is not too full.
    if (this.#overflows > 1) this.#cutOverflow(load)
    else if (overflows) return
    else if (Math.min(kvUsage, this.#cache.mean(load)) > kvHigh) this.#ease(load)
    else if (this.#full.slots !== undefined) this.#behindSlots(this.#full.slots, load)
    else if (load.binds && waiting <= Math.max(2, reserveBehind(running) / 2))
      this.#grow(load)
  }

  /** Ceilings that hold no more. */
  #reconsider(load: Load): void {
    const { inFlight, others } = load
    if (this.#generations(load) >= 1) {
      if (this.#trouble.isOver) this.#refusedAt.served(inFlight + others)
      this.#overflowedAt.served(inFlight + others)
    }
    // The calls are others now, and as many of them would not fill the cache.
    const use = this.#cache.ofOne(load) * this.#overflowedAt.all
    if (use < kvLow) this.#overflowedAt.lift()
  }

  /** A server that could not be asked at the start has come up since. */
  #guess({ gauges, others, kvUsage }: Load): void {
    this.#guessed = true
    const { limit, reason } = startLimit({ ...gauges, kvUsage: others > 0 ? kvUsage : 0 })
    if (limit > this.limit) this.#move(limit, reason)
  }

  #since(then: number): number {
    return this.#answers - then
  }

  /** Answers since the limit moved, for each sequence in flight. */
  #generations({ inFlight }: Load): number {
    return this.#since(this.#atMove) / Math.max(1, inFlight)
  }

  /** What runs is what fits, so a second cut finds the same; the first may have come too early. */
  #cutOverflow({ running, inFlight, others, share, now }: Load): void {
    if (this.#since(this.#atOverflow) < this.limit / 4) return
    const fits = running * afterOverflow
    this.#overflowedAt.set(inFlight + others, now, 'the KV cache overflowed')
    this.#cut(Math.max(fits * share, fits / 4), 'the KV cache overflowed')
    this.#atOverflow = this.#answers
    this.#atEase = this.#answers
  }

  #ease({ running, waiting, inFlight, kvUsage, share, drained }: Load): void {
    if (!drained || this.#since(this.#atEase) < this.limit / 2) return
    const less = kvTarget / kvUsage
    const ours = waiting > 0 ? running * share : inFlight
    this.#cut(Math.max(ours * less, (running * less) / 4), kvReason)
    this.#atEase = this.#answers
  }

  #behindSlots(slots: number, load: Load): void {
    const { running, waiting, inFlight, share, binds } = load
    const reserve = reserveBehind(slots)
    const reason = `${slots} sequences run at once, ${reserve} wait behind them`
    this.reason = reason
    this.#settle()
    if (waiting > 1.5 * reserve) {
      // What waits beside free slots waits for something else, and a cut would not shorten it.
      if (running < slots * stillFull) return
      // A queue longer than all of our work is not our doing: no less than we would send alone.
      const least = (slots + reserve) / (waiting > inFlight ? 1 : 2)
      const wanted = Math.max(inFlight - (waiting - reserve) * share, least)
      if (wanted < this.limit * 0.97) this.#cut(wanted, reason)
    } else if (binds && waiting < reserve / 2) {
      const missing = Math.max(0, slots - running) + reserve - waiting
      const room = this.#cache.room(load, this.#generations(load), kvTarget)
      this.#raise(inFlight + missing, room, load.now, reason)
    }
  }

  #grow(load: Load): void {
    const { gauges, now } = load
    const generations = this.#generations(load)
    if (generations >= 1) this.#cache.compare(load)
    const aim = aims.find(([after]) => generations >= after)?.[1]
    if (aim === undefined) return
    const fits = this.#cache.room(load, generations, aim)
    const room = Math.min(fits, mostPerEngine * gauges.engines)
    if (this.#cache.now(load, generations) < kvLow)
      this.#raise(2 * this.limit, room, now, 'growing: the server takes more')
    else if (generations >= 1) {
      this.reason = kvReason
      this.#settle()
    }
  }

  #settle(): void {
    this.settled = true
    // This binds now, and calls that were refused do not.
    if (this.#trouble.isOver && !this.#trial.isOn) this.#forget()
  }

  /** It need not be the limit again that it was. */
  #forget(): void {
    this.#back = 0
    this.#trial.end()
  }

  #lessThan(inFlight: number): number {
    const known = this.#refusedAt.isAt(inFlight + this.#others)
    return inFlight * (known ? afterKnownRefusal : afterRefusal)
  }

  /** Trouble of its own: answers have shown what came of the last cut. */
  get #isNew(): boolean {
    return this.#since(this.#atRefusal) >= this.limit / 2
  }

  /** A call was `how`. Whether that is a reason to send less. */
  #isOfLoad(inFlight: number, how: 'refused' | 'lost'): boolean {
    const tooMuch = this.#trouble.met(inFlight, this.limit)
    const { isFlood, tolerated } = this.#trouble
    if (isFlood) this.#trial.restart()
    const verdict = this.#trial.met(this.limit, this.#back, { tooMuch, tolerated })
    if (verdict?.next === 'more')
      this.#move(
        Math.min(2 * this.limit, this.#back),
        `a trial: whether fewer are ${how} when fewer are in flight`,
      )
    else if (verdict?.next === 'less')
      this.#move(Math.min(this.limit, verdict.limit), this.#refusedAt.why)
    else if (verdict) {
      this.#trouble.accept(verdict.perAnswer)
      this.#refusedAt.lift()
      const part = verdict.perAnswer / (1 + verdict.perAnswer)
      this.#move(
        this.#back,
        `${(100 * part).toFixed(0)} in 100 calls are ${how}, however few are in flight`,
      )
      this.#forget()
      return false
    }
    return tooMuch && !this.#trial.isOn
  }

  #cutRefused(inFlight: number, now: number, reason: string): void {
    if (!this.#isNew && !this.#trouble.isFlood) return
    const back = Math.max(this.#back, this.limit)
    if (this.#isNew) this.#beforeRefusal = this.limit
    const wanted = this.#isNew ? this.#lessThan(inFlight) : inFlight
    this.#refusedAt.set(inFlight + this.#others, now, reason)
    this.#move(this.#less(wanted), reason)
    this.#back = back
    this.#trial.moved(this.limit, back)
    this.#atRefusal = this.#answers
  }

  /**
   * Nearly all was refused for a while: that was no server with too much, but one that was not
   * there. Refused again at once, it comes back with less each time: it may be a small one.
   */
  #isBack(): void {
    this.#leftOver = undefined
    this.#refusedAt.lift()
    this.#beforeRefusal = Math.round(this.#beforeRefusal * afterRefusal)
    this.limit = Math.max(this.limit, this.#beforeRefusal)
    this.#trial.moved(this.limit, this.#back)
  }

  /** For other reasons than calls that were refused or lost. */
  #cut(wanted: number, reason: string): void {
    this.#move(this.#less(wanted), reason)
    this.#forget()
  }

  #less(wanted: number): number {
    return Math.max(1, Math.min(this.limit, Math.round(wanted)))
  }

  #move(limit: number, reason: string): void {
    this.limit = limit
    this.reason = reason
    this.#atMove = this.#answers
  }

  #raise(wanted: number, most: number, now: number, reason: string): void {
    if (this.#trial.isOn || !this.#trouble.isOver) return
    const [refused, overflowed] = [this.#refusedAt, this.#overflowedAt]
    const lowest = overflowed.allows(now) < refused.allows(now) ? overflowed : refused
    const ceiling = lowest.allows(now) - this.#others
    const limit = Math.round(Math.min(wanted, most, ceiling))
    if (limit < this.limit * 1.03) return
    this.#move(
      limit,
      ceiling < wanted ? `growing slowly: at ${lowest.all} ${lowest.why}` : reason,
    )
    if (limit >= this.#back) this.#forget()
    else this.#trial.moved(limit, this.#back)
    this.#atEase = -Infinity
    this.#atOverflow = -Infinity
  }
}

const kvReason = 'the KV cache is as full as it should be'
