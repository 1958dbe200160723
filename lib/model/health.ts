/**
 * Whether a server should get calls now. One odd error takes no server out: what a call met is
 * confirmed by a look of our own, or counted until it is a habit. A server that is out is asked
 * again by itself, never by risking a call, and a server that nobody heard of for a while is
 * looked at too: one that was told to stop (SIGTERM) leaves what it was working on without an
 * answer for ever.
 */
import type { AttemptFailure } from './attempt.js'
import { blameOf } from './blame.js'
import type { Look } from './look.js'
import { paceFor, SilenceWatch } from './silence-watch.js'

/** Failures one after the other, without a success between, that take a server out. */
export const failuresInARow = 5
/** A look that confirms a failure holds calls up: it gets little time. */
const confirmMs = 2000
const probeMs = 5000
/** Pauses between looks at a server that is gone; they double. */
const firstPauseMs = 500
const longestPauseMs = 5000
/** Pauses before a server that fails, and looks well, is tried again; they double too. */
const firstCoolDownMs = 1000
const longestCoolDownMs = 60_000
/** Successes after which a server that was tried again has no past. */
const forgivenAfter = 20

export interface HealthOptions {
  /** Rejects only when the signal is aborted. */
  look: (timeoutMs: number, signal: AbortSignal) => Promise<Look>
  /** Sequences in flight there. */
  inFlight: () => number
  /** Of the calls there. */
  deadlineMs: number
}

export interface HealthWatcher {
  /** It gets no calls. `gone`: those in flight there will not be answered either. */
  out?(gone: boolean): void
  /** It gets calls again, or one on trial. */
  usable?(): void
  /** It is there again, and of no use as it is: told once. */
  misfit?(why: string): void
  /** It was out for so long, and works. */
  well?(afterMs: number): void
}

type State =
  | 'in'
  /** A look is under way that confirms a failure or does not; no calls until then. */
  | 'suspect'
  | 'out'
  /** Looks well after it failed again and again: one call at a time until the first success. */
  | 'trial'

export class Health {
  readonly #options: HealthOptions
  /** Trials so far. What was sent before the last one began says nothing about how it is now. */
  #era = 0
  /** Requests of this era in flight. */
  #flights = 0
  readonly #watchers: HealthWatcher[] = []
  #state: State = 'in'
  #gone = false
  #why: string | undefined
  #outAt = 0
  #isMisfit = false
  #failures = 0
  #successes = 0
  /** Looks since it went, and times it was sent to cool down. */
  #looks = 0
  #coolDowns = 0
  #suspicion: Promise<boolean> | undefined
  #timer: NodeJS.Timeout | undefined
  readonly #silence: SilenceWatch
  readonly #stopping = new AbortController()

  constructor(options: HealthOptions) {
    this.#options = options
    this.#silence = new SilenceWatch({
      paceMs: paceFor(options.deadlineMs),
      look: timeoutMs => this.#look(timeoutMs),
      isBusy: () => options.inFlight() > 0,
      isUsable: () => this.usable,
      onGone: why => this.#goOut(why, true),
    })
  }

  /** May get a call now. */
  get usable(): boolean {
    return this.#state === 'in' || this.#state === 'trial'
  }

  /** May get one call, and the next when that has ended. */
  get onTrial(): boolean {
    return this.#state === 'trial'
  }

  /**
   * On trial, and no request under way that was sent since the trial began. One from before may
   * hang there until its deadline: a trial that waited for it would never be held.
   */
  get awaitsTrial(): boolean {
    return this.onTrial && this.#flights === 0
  }

  /** Not out, as far as is known. */
  get well(): boolean {
    return this.#state === 'in' || this.#state === 'suspect'
  }

  /** Why it is out; undefined while it is not. */
  get why(): string | undefined {
    return this.#why
  }

  watch(watcher: HealthWatcher): void {
    this.#watchers.push(watcher)
  }

  /** For a server that was not there when all began. */
  absent(why: string): void {
    this.#goOut(why, true)
  }

  /** A request goes there. Returns the era it belongs to, for `landed` and for its failure. */
  sent(): number {
    this.#flights++
    this.#silence.begin()
    return this.#era
  }

  /** A request has ended, however it did. */
  landed(era: number): void {
    if (era === this.#era) this.#flights--
  }

  succeeded(): void {
    this.#silence.heard()
    this.#failures = 0
    if (this.#state === 'in') {
      if (this.#coolDowns > 0 && ++this.#successes >= forgivenAfter) this.#coolDowns = 0
    } else if (this.#state === 'trial' || (this.#state === 'out' && !this.#gone))
      this.#comeBack()
  }

  /**
   * A call failed there. Where that puts the server itself in doubt, the answer settles when the
   * doubt is over: true where the server is gone, so that the failure was none of the call's.
   */
  failed(failure: AttemptFailure): Promise<boolean> | undefined {
    if (failure.status !== undefined) this.#silence.heard()
    const blame = blameOf(failure)
    if (!blame || this.#stopped || this.#state === 'out') return undefined
    const isOld = failure.era !== undefined && failure.era !== this.#era
    if (isOld && (this.onTrial || blame === 'failing')) return undefined
    if (this.#state === 'trial') this.#goOut(failure.message, false)
    else if (blame === 'doubt') return (this.#suspicion ??= this.#confirm(failure))
    else this.#count(failure)
    return undefined
  }

  stop(): void {
    this.#stopping.abort()
    clearTimeout(this.#timer)
    this.#silence.end()
  }

  get #stopped(): boolean {
    return this.#stopping.signal.aborted
  }

  /** One that is cut by `stop` says nothing. */
  #look(timeoutMs: number): Promise<Look> {
    const { signal } = this.#stopping
    const cut = (): Look => ({ state: 'silent', why: 'not asked to the end' })
    return this.#options.look(timeoutMs, signal).catch(cut)
  }

  async #confirm(failure: AttemptFailure): Promise<boolean> {
    this.#state = 'suspect'
    const look = await this.#look(confirmMs)
    this.#suspicion = undefined
    if (this.#stopped) return false
    if (look.state === 'gone') this.#goOut(look.why, true)
    else {
      this.#state = 'in'
      this.#count(failure)
      if (this.usable) this.#tellUsable()
    }
    return this.#gone
  }

  #count({ message }: AttemptFailure): void {
    if (++this.#failures < failuresInARow || this.#state !== 'in') return
    this.#goOut(`${failuresInARow} failures in a row, the last one: ${message}`, false)
  }

  #goOut(why: string, gone: boolean): void {
    if (this.#why === undefined) this.#outAt = performance.now()
    this.#state = 'out'
    this.#why = why
    this.#gone = gone
    this.#failures = 0
    this.#silence.forget()
    this.#looks = 0
    this.#lookLater()
    for (const watcher of this.#watchers) watcher.out?.(gone)
  }

  #lookLater(): void {
    const ms = this.#gone
      ? Math.min(longestPauseMs, firstPauseMs * 2 ** this.#looks++)
      : Math.min(longestCoolDownMs, firstCoolDownMs * 2 ** this.#coolDowns++)
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => void this.#lookAgain(), jittered(ms)).unref()
  }

  async #lookAgain(): Promise<void> {
    const look = await this.#look(probeMs)
    if (this.#stopped || this.#state !== 'out') return
    this.#tellMisfit(look)
    if (look.state === 'well') {
      if (this.#gone) return this.#comeBack()
      this.#state = 'trial'
      this.#era++
      this.#flights = 0
      this.#tellUsable()
    } else if (look.state === 'gone' && !this.#gone) this.#goOut(look.why, true)
    else {
      this.#why = look.why
      this.#lookLater()
    }
  }

  #tellMisfit(look: Look): void {
    const why = look.state !== 'well' && look.isMisfit ? look.why : undefined
    if (why !== undefined && !this.#isMisfit)
      for (const watcher of this.#watchers) watcher.misfit?.(why)
    this.#isMisfit = why !== undefined
  }

  #comeBack(): void {
    clearTimeout(this.#timer)
    this.#state = 'in'
    this.#gone = false
    this.#why = undefined
    this.#failures = 0
    this.#successes = 0
    const afterMs = performance.now() - this.#outAt
    for (const watcher of this.#watchers) watcher.well?.(afterMs)
    this.#tellUsable()
  }

  #tellUsable(): void {
    for (const watcher of this.#watchers) watcher.usable?.()
  }
}

const jittered = (ms: number): number => ms * (0.5 + Math.random() / 2)
