/**
 * A file that grows, read on and on as `tail -F` does: by its name, whatever happens to what the
 * name stands for. Each file that has the name is a source of its own, so that the end of one
 * ends its last line, and bytes of two files are never taken for one line.
 *
 * It polls, with a position of its own, because nothing else works everywhere. What no poll can
 * see: a file that was emptied and grew beyond its old length between two looks, and one that
 * came and went between them.
 */
import { type BigIntStats, closeSync, openSync, readSync, statSync } from 'node:fs'
import { type FileHandle, open, stat } from 'node:fs/promises'
import { Failure } from '../errors.js'
import { Doze } from './doze.js'
import type { Source } from './files.js'
import { whyUnreadable } from './why-unreadable.js'

export interface FollowOptions {
  /** Ends it, also while it waits. */
  signal: AbortSignal
  /**
   * Passes over the lines that are there at the first look. A line that is unfinished then comes
   * when it is finished, and a file that takes the name later is read whole.
   */
  onlyNew?: boolean
  /** A line for people: that the file is not there yet, was replaced or cut short. */
  log?: (line: string) => void
  /** Time between two looks at most. */
  pollMs?: number
}

/** Bytes asked for at once. */
const readBytes = 64 * 1024

/** Short enough for people, and nothing to any disk. */
const defaultPollMs = 250

/** No text begins with it. */
const gzipMagic = 0x1f

/**
 * The files that bear this name, one after the other, each read to its end and then on as it
 * grows. The next one comes when the file was cut short, or when another one that holds
 * something has taken its name; what was written to the old one until then is read first.
 * After `signal` there is one more read at most, for what was written just before.
 */
export async function* follow(
  file: string,
  options: FollowOptions,
): AsyncGenerator<Source> {
  const follower = new Follower(file, options)
  try {
    while (await follower.advance()) yield { file, chunks: () => follower.chunks() }
  } finally {
    await follower.close()
  }
}

/**
 * Throws `Failure` (`file_unreadable`) where the name stands for something that cannot be
 * followed. That there is nothing yet is no failure.
 */
export const checkFollowed = (file: string): void => {
  try {
    const stats = statSync(file, { throwIfNoEntry: false })
    if (!stats) return
    if (!stats.isFile())
      throw new Failure(
        'file_unreadable',
        `expected a file to follow, got ${stats.isDirectory() ? 'the folder' : 'the pipe or device'} ${file}`,
      )
    const first = Buffer.alloc(1)
    const fd = openSync(file, 'r')
    try {
      readSync(fd, first)
    } finally {
      closeSync(fd)
    }
    if (first[0] === gzipMagic)
      throw new Failure('file_unreadable', `cannot follow ${file}: ${noGzip}`)
  } catch (error) {
    if (error instanceof Failure) throw error
    throw new Failure('file_unreadable', `cannot read ${file}: ${whyUnreadable(error)}`, {
      cause: error,
    })
  }
}

const noGzip = 'it is gzip, whose end cannot be read while it grows'

/** A file that was opened under the name. */
interface Opened {
  handle: FileHandle
  identity: string
}

class Follower {
  readonly #file: string
  readonly #signal: AbortSignal
  readonly #log: (line: string) => void
  readonly #doze: Doze
  #onlyNew: boolean
  #current: Opened | undefined
  /** What has taken the name of the current one. */
  #next: Opened | undefined
  #position = 0
  /** The current file is shorter than what was read of it. */
  #wasCut = false
  /** The last thing told, so that it is not told at every look. */
  #told = ''

  constructor(
    file: string,
    { signal, onlyNew = false, log = () => {}, pollMs = defaultPollMs }: FollowOptions,
  ) {
    this.#file = file
    this.#signal = signal
    this.#onlyNew = onlyNew
    this.#log = log
    this.#doze = new Doze(pollMs, signal)
  }

  /** Goes to the next file, and waits for it. False once it is to stop. */
  async advance(): Promise<boolean> {
    while (!this.#signal.aborted) {
      this.#next ??= this.#wasCut ? undefined : await this.#replacement()
      if (this.#next) {
        await this.#take(this.#next)
        return true
      }
      // One that could not be read on may still be cut short, and begin anew.
      if (this.#wasCut || (await this.#isCut())) {
        this.#log(`${this.#file} was cut short: it is read from its start.`)
        this.#wasCut = false
        this.#position = 0
        return true
      }
      this.#onlyNew = false
      await this.#doze.sleep()
    }
    return false
  }

  /** What the current file holds and gets, until there is a next one. */
  async *chunks(): AsyncGenerator<Uint8Array> {
    while (!this.#wasCut && !this.#next) {
      const isLast = this.#signal.aborted
      const bytes = await this.#read()
      if (bytes) yield bytes
      if (isLast) return
      if (bytes || this.#wasCut) continue
      this.#next = await this.#replacement()
      if (!this.#next) await this.#doze.sleep()
    }
    // Between the last read and the look at the name more may have come.
    for (let rest = await this.#read(); rest; rest = await this.#read()) yield rest
  }

  async close(): Promise<void> {
    this.#doze.unwatch()
    await this.#current?.handle.close()
    await this.#next?.handle.close()
  }

  async #take(next: Opened): Promise<void> {
    const first = this.#current === undefined
    if (!first)
      this.#log(`${this.#file} was replaced: the new file is read from its start.`)
    await this.#current?.handle.close()
    this.#current = next
    this.#next = undefined
    this.#wasCut = false
    this.#told = ''
    this.#position = this.#onlyNew ? await lastLineStart(next.handle) : 0
    this.#onlyNew = false
    this.#doze.watch(this.#file)
  }

  async #isCut(): Promise<boolean> {
    const { handle } = this.#current ?? {}
    const stats = await handle?.stat().catch(() => undefined)
    return stats !== undefined && stats.size < this.#position
  }

  /** The next bytes, if there are any. */
  async #read(): Promise<Uint8Array | undefined> {
    const { handle } = this.#current ?? {}
    if (!handle || this.#wasCut) return undefined
    const left = (await handle.stat()).size - this.#position
    this.#wasCut = left < 0
    if (left <= 0) return undefined
    const buffer = Buffer.allocUnsafe(Math.min(left, readBytes))
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, this.#position)
    const isGzip = this.#position === 0 && bytesRead > 0 && buffer[0] === gzipMagic
    this.#position += bytesRead
    if (isGzip) throw new Error(noGzip)
    return bytesRead === 0 ? undefined : buffer.subarray(0, bytesRead)
  }

  /**
   * Another file under the name. An empty one does not count: until something is in it, its
   * writer may still be at work on the old one, as after `logrotate` with `create`.
   */
  async #replacement(): Promise<Opened | undefined> {
    let handle: FileHandle | undefined
    try {
      const found = await stat(this.#file, { bigint: true })
      if (!found.isFile() || found.size === 0n) return undefined
      if (identityOf(found) === this.#current?.identity) return undefined
      handle = await open(this.#file, 'r')
      // The name may have gone on in the meantime: what was opened is what counts.
      const identity = identityOf(await handle.stat({ bigint: true }))
      if (identity !== this.#current?.identity) return { handle, identity }
      await handle.close()
    } catch (error) {
      await handle?.close()
      this.#tellAbsence(error)
    }
    return undefined
  }

  #tellAbsence(error: unknown): void {
    const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT'
    // One that was moved away is waited for without a word: that is what rotation looks like.
    if (isMissing && this.#current) return
    const line = isMissing
      ? `${this.#file} is not there yet: waiting for it.`
      : `${this.#file} cannot be read (${whyUnreadable(error)}): trying on.`
    if (line !== this.#told) this.#log(line)
    this.#told = line
  }
}

/** While a file is open its number is not given to another one, even where it is removed. */
const identityOf = ({ dev, ino }: BigIntStats): string => `${dev}:${ino}`

const newline = 0x0a

/** Where the last line of a file begins that is not finished; the end, if all are. */
const lastLineStart = async (handle: FileHandle): Promise<number> => {
  const { size } = await handle.stat()
  const buffer = Buffer.allocUnsafe(readBytes)
  for (let end = size; end > 0;) {
    const start = Math.max(0, end - readBytes)
    const { bytesRead } = await handle.read(buffer, 0, end - start, start)
    const at = buffer.subarray(0, bytesRead).lastIndexOf(newline)
    if (at !== -1) return start + at + 1
    end = start
  }
  return 0
}
