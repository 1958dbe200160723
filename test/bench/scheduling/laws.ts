/**
 * How long the server of a cell takes, and what the same work takes at least: a step costs a
 * base, and something for each sequence, prompt token and token held. Only the base is shared,
 * so only the base can be wasted: ideal is every step with all slots taken.
 */
import type { Job } from '../../../fixtures/vllm/engine/engine.js'
import { type TimeLaw, timeLaws } from '../../../fixtures/vllm/engine/time-law.js'

export type LawName = 'constant' | 'h100'

export const lawOf = (name: LawName, slots: number): TimeLaw => ({
  ...laws[name],
  maxNumSeqs: slots,
  // Slots bind here, and KV memory never; `auto` has it the other way round.
  kvTokens: slots * 4096,
})

const laws: { [name in LawName]: TimeLaw } = {
  /** A slot that is idle is a slot lost, and nothing else costs time. */
  constant: {
    baseMs: 10,
    perSequenceMs: 0,
    perPromptTokenMs: 0,
    perKvTokenMs: 0,
    kvTokens: 0,
    blockTokens: 16,
    maxNumSeqs: 0,
    batchedTokens: 1_000_000,
    prefixCache: false,
    requestMs: 0,
    promptMs: 0,
  },
  h100: timeLaws['h100-8b'],
}

/** Work given to an engine, in the units of the law. */
export class Meter {
  calls = 0
  tokens = 0
  /** Of the longest answer. */
  longest = 0
  /** Tokens held, summed over the steps of each sequence. */
  #held = 0

  readonly submitted = ({ sequences }: Job): void => {
    this.calls += sequences.length
    for (const { promptTokens, outputTokens } of sequences) {
      this.tokens += outputTokens
      this.longest = Math.max(this.longest, outputTokens)
      this.#held += outputTokens * (promptTokens + outputTokens / 2)
    }
  }

  /** `prompt`: prompt tokens computed, those from the prefix cache left out. */
  idealMs(law: TimeLaw, prompt: number): number {
    return (
      (law.baseMs * this.tokens) / law.maxNumSeqs +
      law.perSequenceMs * this.tokens +
      law.perPromptTokenMs * prompt +
      law.perKvTokenMs * this.#held
    )
  }
}
