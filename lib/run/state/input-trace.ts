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
  /** What was taken for a line there without being one: a last line without a line end, or a broken file. */
  tail: Tail | 'whole'
}
type Tail = 'line' | 'file'

const betweenFiles = Buffer.from([0])
const newline = 0x0a
const carriageReturn = 0x0d

export class InputTrace {
  readonly #before: BytesRead | undefined
  readonly #refuse: (why: string) => void
  readonly #hash: Hash = createHash('sha256')
  #bytes = 0
  #tail: BytesRead['tail'] = 'whole'
  #confirmed: boolean

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
      tail: this.#tail,
    }
  }

  nextFile(): void {
    if (!this.#confirmed) this.#noteOld(betweenFiles)
    else this.#note(betweenFiles)
  }

  /** The bytes in one or two pieces: cut where an earlier session had stopped reading. */
  *take(bytes: Uint8Array): Generator<Uint8Array> {
    const left = this.#before && !this.#confirmed ? this.#before.bytes - this.#bytes : 0
    const old = bytes.subarray(0, left)
    if (old.length > 0) {
      this.#noteOld(old)
      yield old
    }
    const fresh = bytes.subarray(left)
    if (fresh.length > 0) {
      this.#goesOn(fresh)
      this.#note(fresh)
      yield fresh
    }
  }

  cutOff(tail: Tail): void {
    this.#tail = tail
  }

  ended(): void {
    if (this.#confirmed) return
    this.#refuse(
      `it ends after ${this.#bytes} bytes, and ${this.#before?.bytes} were read before`,
    )
    this.#confirmed = true
  }

  #noteOld(bytes: Uint8Array): void {
    this.#note(bytes)
    if (this.#bytes !== this.#before?.bytes) return
    const { sha256 } = this.position
    if (sha256 !== this.#before.sha256)
      this.#refuse(`its first ${this.#bytes} bytes are not what they were`)
    this.#confirmed = true
  }

  #note(bytes: Uint8Array): void {
    this.#hash.update(bytes)
    this.#bytes += bytes.length
    this.#tail = 'whole'
  }

  /** Whether `next` follows, in the same file, on what an earlier session took for its end. */
  #goesOn([first, second]: Uint8Array): void {
    if (this.#bytes !== this.#before?.bytes) return
    if (this.#before.tail === 'file') this.#refuse('it broke off there, and goes on now')
    const ends =
      first === newline ||
      (first === carriageReturn && (second === newline || second === undefined))
    if (this.#before.tail === 'line' && !ends)
      this.#refuse('its last line had no line end, and is longer now')
  }
}

/** @throws Failure state_mismatch */
export const refuseInput = (dir: string, why: string): never => {
  throw new Failure(
    'state_mismatch',
    `Expected the input that the run in ${dir} has read: ${why}. Give it the same input (it may have grown), begin anew with another --state, or go on with --force, which takes a line for done by its number alone.`,
  )
}
