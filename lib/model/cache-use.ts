/**
 * How much of the KV cache a sequence takes, and so how many of them fit: by the gauge, averaged
 * over a generation of answers, and by what the answers said, which is known earlier.
 */
import type { Gauges } from './gauges.js'
import { HeldTokens } from './held-tokens.js'
import type { Load } from './load.js'
import type { Usage } from './model.js'

export class CacheUse {
  readonly #held = new HeldTokens()
  /** Part of the cache that a sequence holds, in the mean of the last generation. */
  #each = 0
  /** Measured use of the cache over what answers told: less where prompts are shared. */
  #shared = 1

  /** An HTTP answer of so many sequences. */
  answered(usage: Usage, sequences: number): void {
    this.#held.answered(usage, sequences)
  }

  /** `answers` have come since the last reading. */
  read({ kvUsage, holders, inFlight }: Load, answers: number): void {
    const part = 1 - Math.exp(-answers / Math.max(1, inFlight))
    this.#each += part * (kvUsage / holders - this.#each)
  }

  /** What is held now is what a generation of answers held: prompts that are shared show in it. */
  compare({ kvUsage, gauges, holders }: Load): void {
    const told = this.#told(gauges) * holders
    if (told > 0) this.#shared += 0.3 * (kvUsage / told - this.#shared)
  }

  /** The part that a sequence takes, the larger of the mean and the moment. */
  ofOne({ kvUsage, holders }: Load): number {
    return Math.max(this.#each, kvUsage / holders)
  }

  /** What those there now would use by the mean of the last generation. */
  mean({ holders }: Load): number {
    return this.#each * holders
  }

  /** The mean lags a change; later it tells more than the moment, that few sequences make swing. */
  now(load: Load, generations: number): number {
    const mean = this.mean(load)
    return generations >= 2 ? mean : Math.max(load.kvUsage, mean)
  }

  /** Sequences of ours that bring the cache to a use of `aim`. */
  room(load: Load, generations: number, aim: number): number {
    const measured = load.holders >= 4 ? this.now(load, generations) / load.holders : 0
    const each = Math.max(measured, this.#told(load.gauges) * this.#shared)
    return each > 0 ? aim / each - load.others : Infinity
  }

  /** Part of the cache that a sequence holds, by what its answers said. */
  #told({ kvTokens }: Gauges): number {
    return kvTokens ? (this.#held.mean ?? 0) / kvTokens : 0
  }
}
