/** What `setTimeout` gives back in virtual time: as much of Node's Timeout as anybody uses. */

export class Timer {
  at: number
  /** Timers of the same moment ring in the order they were made. */
  readonly order: number
  ring: () => void
  /** Set for `setInterval`. */
  readonly everyMs: number | undefined
  closed = false

  constructor(at: number, order: number, ring: () => void, everyMs: number | undefined) {
    this.at = at
    this.order = order
    this.ring = ring
    this.everyMs = everyMs
  }

  /** Stays where it is in the queue and is passed over; lets go of what it would have done. */
  close(): this {
    this.closed = true
    this.ring = () => {}
    return this
  }
  ref(): this {
    return this
  }
  unref(): this {
    return this
  }
  hasRef(): boolean {
    return true
  }
}
