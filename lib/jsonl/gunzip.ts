/**
 * Gunzips what is gzip by its first two bytes, whatever the file is called, and passes the rest
 * as it is. Members put together by `cat` are one text. What comes out before a break is given
 * before the break is told: `pipeline` and `for await` would throw it away with the stream.
 */
import { once } from 'node:events'
import { createGunzip, type Gunzip } from 'node:zlib'

/** Compressed bytes handled at once: deflate makes up to a thousand bytes of one. */
const sliceBytes = 8192

/**
 * A checksum and a length at the end of a member. They are given to zlib by themselves: where
 * they do not match it throws away all that it made of the same piece.
 */
const trailerBytes = 8

/** Plain bytes are there at once; gzip is worked on in another thread. */
export type Unpacked = Iterable<Uint8Array> | AsyncIterable<Uint8Array>

export class Unpacker {
  /** A first byte that may be the start of gzip's two. */
  #first: Uint8Array | undefined
  #gunzip: Gunzipper | undefined
  #plain = false

  /** Whether what came is gzip. */
  get packed(): boolean {
    return this.#gunzip !== undefined
  }

  /** Bytes cut anywhere. Throws where gzip data is damaged. */
  write(chunk: Uint8Array): Unpacked {
    if (this.#gunzip) return this.#gunzip.write(chunk)
    if (this.#plain || chunk.length === 0) return [chunk]
    const start = this.#first ? Buffer.concat([this.#first, chunk]) : chunk
    this.#first = start[0] === 0x1f && start.length === 1 ? start : undefined
    if (this.#first) return []
    if (start[0] === 0x1f && start[1] === 0x8b) {
      this.#gunzip = new Gunzipper()
      return this.#gunzip.write(start)
    }
    this.#plain = true
    return [start]
  }

  /** The end of the input. Throws where gzip data broke off; what it held was given before. */
  end(): Unpacked {
    return this.#gunzip?.end() ?? (this.#first ? [this.#first] : [])
  }

  /** Lets go of a stream that is not read to its end. */
  close(): void {
    this.#gunzip?.close()
  }
}

class Gunzipper {
  readonly #stream: Gunzip = createGunzip()
  /** Settled by the end of the last member, or by damage. */
  readonly #finished: Promise<void>
  #ended = false
  #error: Error | undefined
  #out: Uint8Array[] = []
  #taken = 0
  /** The end of what came, which may be the trailer. */
  #held: Uint8Array = Buffer.alloc(0)

  constructor() {
    // A listener, and no reading: an error drops what a stream holds, but not what it gave away.
    this.#stream.on('data', (bytes: Uint8Array) => this.#out.push(bytes))
    this.#finished = once(this.#stream, 'end').then(
      () => void (this.#ended = true),
      (error: Error) => void (this.#error = error),
    )
  }

  async *write(chunk: Uint8Array): AsyncGenerator<Uint8Array> {
    const bytes = Buffer.concat([this.#held, chunk])
    const end = Math.max(0, bytes.length - trailerBytes)
    this.#held = bytes.subarray(end)
    yield* this.#unpack(bytes.subarray(0, end))
  }

  async *end(): AsyncGenerator<Uint8Array> {
    yield* this.#unpack(this.#held)
    this.#stream.end()
    await this.#finished
    yield* this.#give()
  }

  close(): void {
    this.#stream.destroy()
  }

  async *#unpack(chunk: Uint8Array): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < chunk.length; at += sliceBytes) {
      const slice = chunk.subarray(at, at + sliceBytes)
      if (!this.#ended) await this.#push(slice)
      yield* this.#give()
      this.#taken += slice.length
      const unread = Math.min(this.#taken - this.#stream.bytesWritten, slice.length)
      // Zeros are padding, as tapes and block devices add it.
      if (this.#ended && slice.subarray(slice.length - unread).some(byte => byte !== 0))
        throw new Error('what follows the gzip data is no gzip')
    }
  }

  /** A stream that has ended by itself calls no writer back. */
  #push(slice: Uint8Array): Promise<void> {
    const written = new Promise<void>(resolve =>
      this.#stream.write(slice, () => resolve()),
    )
    return Promise.race([written, this.#finished])
  }

  *#give(): Generator<Uint8Array> {
    const out = this.#out
    this.#out = []
    yield* out
    if (this.#error) throw this.#error
  }
}
