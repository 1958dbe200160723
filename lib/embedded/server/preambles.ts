/**
 * Prompts of one kind open with the same instructions and worked examples, 500 to 1,000 tokens
 * that take a small CPU five seconds to read. They are read once: what the model made of them is
 * kept in a file (some 20 MB) and loaded into any sequence within milliseconds.
 */
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { readPieces, reusable, wholePieces, type Slot } from './slots.js'
import type { ChatMessage, TextEngine, Token } from './text-engine.js'

/** More than the kinds of prompt we have, so that one-off conversations do not push them out. */
const most = 8

/** The opening that other prompts may share: all before the last message, in whole pieces. */
export const preambleOf = (
  engine: TextEngine,
  messages: ChatMessage[],
  prompt: Token[],
): Token[] => {
  const last = messages.at(-1)
  if (!last || messages.length < 2) return []
  const other = engine.encode([...messages.slice(0, -1), { ...last, content: '' }])
  let same = 0
  while (same < prompt.length - 1 && prompt[same] === other[same]) same++
  return prompt.slice(0, wholePieces(same))
}

export class Preambles {
  readonly #folder: string
  /** Least recently used first; by the tokens. */
  readonly #files = new Map<string, Promise<string>>()
  #made = 0

  constructor(folder: string) {
    this.#folder = folder
  }

  /** Makes the slot hold the preamble: it may already, else from a file, else by reading it. */
  async enter(slot: Slot, preamble: Token[], signal: AbortSignal): Promise<void> {
    // Even a single piece takes a small CPU longer to read than any file takes to load.
    const key = preamble.join()
    while (reusable(slot, preamble) < preamble.length) {
      signal.throwIfAborted()
      const known = this.#files.get(key)
      if (!known) return this.#read(key, slot, preamble, signal)
      // Refused when the one that was reading it has been cut: then it is our turn.
      const file = await known.catch(() => undefined)
      if (file === undefined) continue
      slot.held = []
      await slot.sequence.load(file)
      slot.held = preamble
      this.#files.delete(key)
      this.#files.set(key, known)
    }
  }

  async #read(
    key: string,
    slot: Slot,
    preamble: Token[],
    signal: AbortSignal,
  ): Promise<void> {
    const file = join(this.#folder, `preamble-${this.#made++}.bin`)
    const saved = readPieces(slot, preamble, signal)
      .then(() => slot.sequence.save(file))
      .then(() => file)
    this.#files.set(key, saved)
    try {
      await saved
    } catch (error) {
      this.#files.delete(key)
      throw error
    }
    const [oldest] = this.#files.keys()
    if (this.#files.size > most && oldest !== undefined) await this.#drop(oldest)
  }

  async #drop(key: string): Promise<void> {
    const file = this.#files.get(key)
    this.#files.delete(key)
    const path = await file?.catch(() => undefined)
    if (path !== undefined) await rm(path, { force: true }).catch(() => {})
  }
}
