/**
 * Notices that the process stood still: a job that was stopped (SIGSTOP, Ctrl-Z), a laptop that
 * slept. Servers worked on meanwhile, and no call is late for what we missed.
 */
const tickMs = 250

export interface AwakeOptions {
  /** There is something to keep the time of. */
  isNeeded: () => boolean
  /** So many ms have passed unnoticed. */
  onSlept: (ms: number) => void
}

export class AwakeTime {
  readonly #options: AwakeOptions
  #timer: NodeJS.Timeout | undefined
  #tickedAt = 0

  constructor(options: AwakeOptions) {
    this.#options = options
  }

  /** Ends by itself when it is no longer needed. */
  begin(): void {
    if (this.#timer) return
    this.#tickedAt = performance.now()
    this.#timer = setInterval(this.#tick, tickMs).unref()
  }

  /** Before a time limit is looked at: of timers that are due together any may come first. */
  catchUp(): void {
    if (!this.#timer) return
    const lateMs = performance.now() - this.#tickedAt - tickMs
    if (lateMs < tickMs) return
    this.#tickedAt += lateMs
    this.#options.onSlept(lateMs)
  }

  readonly #tick = (): void => {
    this.catchUp()
    this.#tickedAt = performance.now()
    if (this.#options.isNeeded()) return
    clearInterval(this.#timer)
    this.#timer = undefined
  }
}
