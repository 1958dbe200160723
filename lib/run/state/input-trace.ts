/**
 * The bytes of the input as a run reads them, in a hash: what was read before must be there
 * again, byte for byte, and may have grown. All files count as one text, with a mark between
 * them, so that a file in the middle that has grown is noticed like any other change.
 */
import { createHash, type Hash } from 'node:crypto'
import { Failure } from '../../errors.js'

/** How far an earlier session had read. */
export interface BytesRead {
  bytes: number
  sha256: string
  /** The input ended there. */
  ended: boolean
}

const betweenFiles = Buffer.from([0])
const newline = 0x0a
const carriageReturn = 0x0d

export class InputTrace {
  readonly #before: BytesRead | undefined
  readonly #refuse: (why: string) => void
  readonly #hash: Hash = createHash('sha256')
  #bytes = 0
  #confirmed: boolean
  #ended = false

  /** `refuse` throws, or lets it pass. */
  constructor(before: BytesRead | undefined, refuse: (why: string) => void) {
    this.#before = before?.bytes === 0 ? undefined : before
    this.#refuse = refuse
    this.#confirmed = this.#before === undefined
  }

  get confirmed(): boolean {
    return this.#confirmed
  }

  get position(): BytesRead {
    return {
      bytes: this.#bytes,
      sha256: this.#hash.copy().digest('hex'),
      ended: this.#ended,
    }
  }

  nextFile(): void {
    for (const _mark of this.take(betweenFiles));
  }

  /** The bytes in one or two pieces: cut where an earlier session had stopped reading. */
  *take(bytes: Uint8Array): Generator<Uint8Array> {
    const left = this.#before && !this.#confirmed ? this.#before.bytes - this.#bytes : 0
    const old = bytes.subarray(0, left)
    if (old.length > 0) {
      this.#note(old)
      if (old.length === left) this.#confirm()
      yield old
    }
    const fresh = bytes.subarray(left)
    if (fresh.length > 0) {
      this.#note(fresh)
      yield fresh
    }
  }

  /**
   * `next` follows on a line that has not ended yet. Where the input had ended in the middle of
   * it, that line was taken for a whole one, and now it is another.
   */
  goesOn(next: Uint8Array): void {
    const { ended = false, bytes = -1 } = this.#before ?? {}
    if (!ended || this.#bytes - next.length !== bytes) return
    if (next[0] !== newline && next[0] !== carriageReturn)
      this.#refuse('its last line had no line end, and is longer now')
  }

  ended(): void {
    this.#ended = true
    if (this.#confirmed) return
    this.#refuse(
      `it ends after ${this.#bytes} bytes (or a lower --limit ends it), and ${this.#before?.bytes} were read before`,
    )
    this.#confirmed = true
  }

  #note(bytes: Uint8Array): void {
    this.#hash.update(bytes)
    this.#bytes += bytes.length
  }

  #confirm(): void {
    const { sha256, bytes } = this.position
    if (sha256 !== this.#before?.sha256)
      this.#refuse(`its first ${bytes} bytes are not what they were`)
    this.#confirmed = true
  }
}

/** @throws Failure state_mismatch */
export const refuseInput = (dir: string, why: string): never => {
  throw new Failure(
    'state_mismatch',
    `Expected the input that the run in ${dir} has read: ${why}. Give it the same input (it may have grown), begin anew with another --state, or go on with --force, which takes a line for done by its number alone.`,
  )
}
