/**
 * A line for people when calls refused or lost have brought the limit of a server to less than
 * half, and one when it is back. Not for a dip that is over at once, nor again and again for a
 * limit that swings.
 */
import type { Steer } from './steer.js'

/** So long it has been low before it is told. */
const lastsMs = 1000
/** Between two falls that are told. */
const pauseMs = 60_000
/** Of what the limit was, the part that counts as back: the last few are gained slowly. */
const isBackFrom = 0.8

type Steered = Pick<Steer, 'limit' | 'reason' | 'fallen'>

export class FallTeller {
  #lowSince: number | undefined
  #told: { from: number; to: number } | undefined
  #toldAt = -Infinity

  look({ limit, reason, fallen }: Steered, now: number): string | undefined {
    if (this.#told) return this.#lookBack(this.#told, { limit, reason, fallen })
    if (!fallen || limit > fallen.from / 2) this.#lowSince = undefined
    else {
      this.#lowSince ??= now
      if (now - this.#lowSince < lastsMs || now - this.#toldAt < pauseMs) return undefined
      this.#told = { from: fallen.from, to: limit }
      this.#toldAt = now
      return `${limit} sequences in flight now, after ${fallen.from} (${fallen.why})`
    }
    return undefined
  }

  #lookBack(
    { from, to }: { from: number; to: number },
    { limit, reason, fallen }: Steered,
  ): string | undefined {
    // Something else may bind now.
    if (fallen && limit < from * isBackFrom) return undefined
    this.#told = undefined
    this.#lowSince = undefined
    if (limit <= to) return undefined
    return `${limit} sequences in flight again, after ${to} (${reason})`
  }
}
