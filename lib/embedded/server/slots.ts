/**
 * Which sequence answers which prompt. Reading a long prompt costs a small CPU more than the
 * answer does, and our prompts open with the same instructions and worked examples by the
 * hundred: a prompt goes where most of it has been read already.
 */
import type { Sequence, Token } from './text-engine.js'

/**
 * Prompts are read in pieces of this many tokens, always cut at the same places, and kept
 * whole. The same text read in other pieces gives numbers that differ in the last bits, and so
 * another answer by the same seed: without this, an answer would depend on what ran before it.
 * 64 is also the fastest size on two slow cores (32: −40 %, 128 and more: no gain).
 */
export const pieceLength = 64

export interface Slot {
  sequence: Sequence
  /** Tokens of the last prompt that were read in whole pieces. */
  held: Token[]
}

export const wholePieces = (tokens: number): number => tokens - (tokens % pieceLength)

/** How many tokens of the text need not be read again. */
export const reusable = ({ held }: Slot, text: Token[]): number => {
  const limit = Math.min(held.length, text.length)
  let same = 0
  while (same < limit && held[same] === text[same]) same++
  return wholePieces(same)
}

/** Reads the text's whole pieces, of which some may have been read before. */
export const readPieces = async (
  slot: Slot,
  text: Token[],
  signal: AbortSignal,
): Promise<void> => {
  let have = reusable(slot, text)
  slot.held = text.slice(0, have)
  await slot.sequence.keep(have)
  for (; have + pieceLength <= text.length; have += pieceLength) {
    signal.throwIfAborted()
    await slot.sequence.read(text.slice(have, have + pieceLength))
    slot.held = text.slice(0, have + pieceLength)
  }
  signal.throwIfAborted()
}

interface Waiting {
  prompt: Token[]
  settle: (slot: Slot) => void
  /** How often a later one was let through before it. */
  passed: number
}

/** Nobody is overtaken more often than this. */
const mostPassed = 8

export class Slots {
  /** Least recently used first. */
  readonly #free: Slot[]
  readonly #waiting: Waiting[] = []

  constructor(sequences: Sequence[]) {
    this.#free = sequences.map(sequence => ({ sequence, held: [] }))
  }

  get waiting(): number {
    return this.#waiting.length
  }

  get free(): number {
    return this.#free.length
  }

  /** Waits for a sequence; rejects with the signal's reason. Pair it with `give`. */
  async take(prompt: Token[], signal: AbortSignal): Promise<Slot> {
    signal.throwIfAborted()
    const slot = best(this.#free, candidate => reusable(candidate, prompt))
    if (slot) {
      this.#free.splice(this.#free.indexOf(slot), 1)
      return slot
    }
    return new Promise((resolve, reject) => {
      const giveUp = (): void => {
        this.#waiting.splice(this.#waiting.indexOf(waiting), 1)
        reject(signal.reason as Error)
      }
      const waiting: Waiting = {
        prompt,
        passed: 0,
        settle: slot => {
          signal.removeEventListener('abort', giveUp)
          resolve(slot)
        },
      }
      signal.addEventListener('abort', giveUp, { once: true })
      this.#waiting.push(waiting)
    })
  }

  give(slot: Slot): void {
    const [first] = this.#waiting
    const next =
      first && first.passed >= mostPassed
        ? first
        : best(this.#waiting, ({ prompt }) => reusable(slot, prompt))
    if (!next) {
      this.#free.push(slot)
      return
    }
    const index = this.#waiting.indexOf(next)
    for (const earlier of this.#waiting.slice(0, index)) earlier.passed++
    this.#waiting.splice(index, 1)
    next.settle(slot)
  }
}

/** The first one with the highest value. */
const best = <T>(items: T[], value: (item: T) => number): T | undefined => {
  let found: T | undefined
  let highest = -1
  for (const item of items) {
    const its = value(item)
    if (its > highest) [found, highest] = [item, its]
  }
  return found
}
