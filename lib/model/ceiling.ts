/**
 * The number of sequences that proved too many for a server, whoever sent them. It is approached
 * again, passed slowly, and forgotten once it has been passed and nothing went wrong.
 */

const near = 0.95
/** So long until it may be higher by one per cent, or by one sequence where that is more. */
const stepMs = 10_000

export class Ceiling {
  #all = Infinity
  #at = 0
  /** What went wrong there, in words. */
  why = ''

  set(all: number, now: number, why: string): void {
    this.#all = all
    this.#at = now
    this.why = why
  }

  /** The number that was too many. */
  get all(): number {
    return this.#all
  }

  lift(): void {
    this.#all = Infinity
  }

  /** How many are allowed now, all clients together. */
  allows(now: number): number {
    const steps = (now - this.#at) / stepMs
    // One per cent of a handful would not add up to a sequence for minutes.
    return Math.max(this.#all * (near + steps / 100), this.#all * near + steps)
  }

  /** So many met the ceiling that was known, and not a new one. */
  isAt(all: number): boolean {
    return all < this.#all * 1.1 && this.#all < Infinity
  }

  /** So many have been served, all of them. */
  served(all: number): void {
    if (all > this.#all) this.lift()
  }
}
