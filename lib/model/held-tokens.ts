/**
 * How many tokens a running sequence holds in the KV cache at any one time, learned from answers
 * as they come. An answer of p + c tokens holds p at its first step and p + c at its last, p + c/2
 * in the mean, and it runs for c steps: long answers are in flight longer, and count as much more.
 */
import type { Usage } from './model.js'

/** What is assumed before any answer has come. */
export const expectedTokens = 1024

/** Answers remembered, about: enough to be steady, few enough to follow the next stage's mix. */
const memory = 512

export class HeldTokens {
  #weighted = 0
  #steps = 0

  /** The usage of one HTTP answer of so many sequences. Samples of one prompt share it, as in the cache. */
  answered({ prompt, completion }: Usage, sequences: number): void {
    const steps = Math.max(1, completion / sequences)
    const held = prompt / sequences + steps / 2
    const keep = Math.max(0, 1 - sequences / memory)
    this.#weighted = this.#weighted * keep + sequences * steps * held
    this.#steps = this.#steps * keep + sequences * steps
  }

  /** Tokens held by a running sequence; undefined before the first answer. */
  get mean(): number | undefined {
    return this.#steps > 0 ? this.#weighted / this.#steps : undefined
  }
}
