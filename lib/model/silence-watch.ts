/**
 * Notices a server that says nothing any more while calls are in flight there. One that was told
 * to stop (SIGTERM) closes its port and leaves what it was working on without an answer for ever;
 * one whose process hangs keeps its port and answers nobody.
 */
import type { Look } from './look.js'

/** Nothing heard for this long, the server is looked at, and the look may take as long. */
const longestPaceMs = 5000
/** A busy server may well be silent for a second. */
const shortestPaceMs = 1000
/** Looks in a row without an answer, and nothing else heard, after which it is gone. */
const silentLooks = 6

/** Given up at half of a call's time: the other half is for another server. */
export const paceFor = (deadlineMs: number): number =>
  Math.min(longestPaceMs, Math.max(shortestPaceMs, deadlineMs / 2 / (silentLooks + 1)))

export interface SilenceOptions {
  paceMs: number
  look: (timeoutMs: number) => Promise<Look>
  /** Something is in flight there. */
  isBusy: () => boolean
  /** The server counts as there: one that is out is looked at by others. */
  isUsable: () => boolean
  onGone: (why: string) => void
}

export class SilenceWatch {
  readonly #options: SilenceOptions
  #timer: NodeJS.Timeout | undefined
  #heard = false
  #silences = 0
  #ended = false

  constructor(options: SilenceOptions) {
    this.#options = options
  }

  /** Something is in flight. Ends by itself: nothing ticks for a server that nobody asks. */
  begin(ms = this.#options.paceMs): void {
    if (this.#ended) return
    this.#timer ??= setTimeout(() => void this.#listen(), ms).unref()
  }

  /** An answer came, of any kind. */
  heard(): void {
    this.#heard = true
  }

  /** The server is out; how silent it was before says nothing of how it comes back. */
  forget(): void {
    this.#silences = 0
  }

  end(): void {
    this.#ended = true
    clearTimeout(this.#timer)
  }

  /** One look at a time: two that overlap would count one silence twice. */
  async #listen(): Promise<void> {
    const { paceMs, isBusy, isUsable } = this.#options
    const begunAt = performance.now()
    if (this.#heard) {
      this.#heard = false
      this.#silences = 0
    } else if (isBusy() && isUsable()) await this.#lookIntoIt()
    this.#timer = undefined
    if (isBusy()) this.begin(Math.max(0, paceMs - (performance.now() - begunAt)))
  }

  async #lookIntoIt(): Promise<void> {
    const look = await this.#options.look(this.#options.paceMs)
    if (this.#ended || this.#heard || !this.#options.isUsable()) return
    this.#silences = look.state === 'silent' ? this.#silences + 1 : 0
    if (
      look.state === 'gone' ||
      (look.state === 'silent' && this.#silences >= silentLooks)
    )
      this.#options.onGone(look.why)
  }
}
