/**
 * Cuts bytes that arrive in any pieces into blocks of whole lines that are safe to parse: valid
 * UTF-8, no line over the limit. ndjson alone splits a long line again with each chunk, loses
 * it whole when it is over the limit, and turns broken bytes into U+FFFD without a word.
 */
import { isUtf8 } from 'node:buffer'
import { createHash, type Hash } from 'node:crypto'
import { Grow } from './grow.js'

export type LineFault = 'line_too_long' | 'bad_encoding'

/** Whole lines, each with its line end; or one line that cannot be read. */
export type Frame =
  | { lines: Buffer }
  | {
      fault: LineFault
      /** The first bytes of the line, at most `headBytes`. */
      head: Buffer
      /** Length of the whole line. */
      bytes: number
      /** SHA-256 over all its bytes, in hex. */
      digest: string
    }

/** How much of a line that cannot be read is kept to show it. */
export const headBytes = 8192

/** Longest line whatever the options say: V8 strings end at half a billion characters. */
export const longestLine = 256 * 1024 * 1024

const newline = 0x0a
const carriageReturn = 0x0d

export class Framer {
  readonly #maxLine: number
  readonly #held = new Grow()
  /** Set while a line over the limit runs by: only its hash, head and length are kept. */
  #passing: { hash: Hash; head: Grow; bytes: number } | undefined

  /** `maxLine` in bytes, line end not counted. */
  constructor(maxLine: number) {
    this.#maxLine = Math.min(maxLine, longestLine)
  }

  /** Whether the bytes so far end in the middle of a line. */
  get inLine(): boolean {
    return this.#held.length > 0 || this.#passing !== undefined
  }

  write(chunk: Uint8Array): Frame[] {
    const bytes = asBuffer(chunk)
    const frames: Frame[] = []
    let start = 0
    if (this.inLine) {
      const end = bytes.indexOf(newline)
      if (end === -1) {
        this.#hold(bytes)
        return frames
      }
      this.#hold(bytes.subarray(0, end))
      this.#finish(frames)
      start = end + 1
    }
    const last = bytes.lastIndexOf(newline) + 1
    if (last > start) this.#block(bytes.subarray(start, last), frames)
    const rest = bytes.subarray(Math.max(start, last))
    if (rest.length > 0) this.#hold(rest)
    return frames
  }

  /** The last line, if the input ended without a line end. */
  end(): Frame[] {
    const frames: Frame[] = []
    if (this.inLine) this.#finish(frames)
    return frames
  }

  /** Forgets an unfinished line and gives its first bytes. */
  drop(): Buffer {
    const head = (this.#passing?.head ?? this.#held).take().subarray(0, headBytes)
    this.#passing = undefined
    return head
  }

  #hold(piece: Buffer): void {
    if (this.#passing) {
      const { hash, head } = this.#passing
      hash.update(piece)
      head.add(piece.subarray(0, headBytes - head.length))
      this.#passing.bytes += piece.length
      return
    }
    this.#held.add(piece)
    // One byte more may still be the carriage return of a line that fits.
    if (this.#held.length > this.#maxLine + 1) {
      const held = this.#held.take()
      const head = new Grow()
      head.add(held.subarray(0, headBytes))
      const hash = createHash('sha256').update(held)
      this.#passing = { hash, head, bytes: held.length }
    }
  }

  #finish(frames: Frame[]): void {
    if (this.#passing) {
      const { hash, head, bytes } = this.#passing
      const digest = hash.digest('hex')
      frames.push({ fault: 'line_too_long', head: head.take(), bytes, digest })
      this.#passing = undefined
      return
    }
    this.#held.add(lineEnd)
    this.#block(this.#held.take(), frames)
  }

  /** Whole lines in one frame where nothing is wrong, around the bad ones where something is. */
  #block(block: Buffer, frames: Frame[]): void {
    if (block.length <= this.#maxLine && isUtf8(block)) {
      frames.push({ lines: block })
      return
    }
    let good = 0
    for (let start = 0; start < block.length;) {
      const end = block.indexOf(newline, start)
      const line = block.subarray(start, end)
      const fault = this.#faultOf(line)
      if (fault) {
        if (start > good) frames.push({ lines: block.subarray(good, start) })
        frames.push(unreadable(fault, line))
        good = end + 1
      }
      start = end + 1
    }
    if (good < block.length) frames.push({ lines: block.subarray(good) })
  }

  #faultOf(line: Buffer): LineFault | undefined {
    const length = line.at(-1) === carriageReturn ? line.length - 1 : line.length
    if (length > this.#maxLine) return 'line_too_long'
    return isUtf8(line) ? undefined : 'bad_encoding'
  }
}

const lineEnd = Buffer.from('\n')

const unreadable = (fault: LineFault, line: Buffer): Frame => ({
  fault,
  head: Buffer.from(line.subarray(0, headBytes)),
  bytes: line.length,
  digest: createHash('sha256').update(line).digest('hex'),
})

const asBuffer = (chunk: Uint8Array): Buffer =>
  Buffer.isBuffer(chunk)
    ? chunk
    : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)
