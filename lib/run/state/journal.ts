/**
 * What is safely on disk, in a file that only grows: each entry says which records have become
 * done, how long the outputs are with their rows, and how the books then stand. An entry is
 * written after the rows it speaks of are synced, so the last whole one is the truth; a cut one
 * behind it was never promised to anybody. The first one comes with the file, in one piece, and
 * once the file is large it is written anew as one entry: a file without a whole entry at its
 * start is none of ours.
 */
import { open, readFile, rename, rm, type FileHandle } from 'node:fs/promises'
import { dirname } from 'node:path'
import { z } from 'zod'
import { Failure } from '../../errors.js'
import type { Counts } from '../../ledger.js'
import { checkOwn } from './check-own.js'
import { stateFailed } from './state-failed.js'
import { readLine, writeLine } from './journal-line.js'
import { syncFolder } from './sync-folder.js'

const size = z.int().min(0)
/** By hand: zod leaves out a code named `__proto__`, and input may hold one. */
const counts = z.custom<Counts>(
  value =>
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    Object.values(value).every(n => Number.isSafeInteger(n) && n >= 0),
)

const JournalEntry = z.strictObject({
  /** Records done since the entry before, as runs of places. */
  done: z.array(z.tuple([size, size])),
  /** All records before this place are done. */
  low: size,
  /** Lines at the start of the input whose records are all done, and how many those are. */
  passed: z.strictObject({ lines: size, records: size }),
  /** Bytes of the input read so far, the SHA-256 of them, and how they end. */
  read: z.strictObject({
    bytes: size,
    sha256: z.string(),
    tail: z.enum(['whole', 'line', 'file']),
  }),
  /** How far each output is ours, by the flag that named it, and what it is known by again. */
  outputs: z.record(
    z.string(),
    z.strictObject({
      bytes: size,
      /** A hash of the last bytes before that. */
      tail: z.string(),
      /** Device and inode. */
      identity: z.string(),
    }),
  ),
  books: z.strictObject({
    in: size,
    kept: size,
    filtered: counts,
    rejected: counts,
    rows: counts,
  }),
  /** Those of records that were open at a crash are counted again when they are done. */
  notes: counts,
  calls: counts,
  tokens: z.strictObject({ prompt: size, completion: size }),
  seconds: z.number(),
})
export type JournalEntry = z.infer<typeof JournalEntry>

/** So many bytes may follow on the first entry before the journal is written anew. */
const rewriteBytes = 4 * 1024 * 1024
/** And so many times its own length, which records scattered all over the input make long. */
const growth = 4

export class Journal {
  readonly path: string
  readonly #rewriteBytes: number
  #handle: FileHandle
  #size: number
  #firstSize: number
  /** An entry that was read may be in the memory of the system only: nothing is put behind it. */
  #isOld = true

  private constructor(
    path: string,
    handle: FileHandle,
    sizes: { whole: number; first: number; rewriteAt: number },
  ) {
    this.path = path
    this.#handle = handle
    this.#size = sizes.whole
    this.#firstSize = sizes.first
    this.#rewriteBytes = sizes.rewriteAt
  }

  /**
   * Opens or makes the journal, gives each entry to `see`, and cuts off what a crash left behind
   * the last whole one. @throws Failure state_damaged, write_failed
   */
  static async open(
    path: string,
    see: (entry: JournalEntry) => void,
    rewriteAt = rewriteBytes,
  ): Promise<Journal> {
    const text = await readFile(path).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined
      throw stateFailed(path, error)
    })
    const { whole, first } = text ? readEntries(path, text, see) : { whole: 0, first: 0 }
    let handle: FileHandle | undefined
    try {
      await rm(newOf(path), { force: true })
      handle = await open(path, text ? 'r+' : 'wx')
      if (text && text.length > whole) await handle.truncate(whole)
      await handle.datasync()
      await syncFolder(dirname(path))
      return new Journal(path, handle, { whole, first, rewriteAt })
    } catch (error) {
      await handle?.close()
      throw stateFailed(path, error)
    }
  }

  /** Whether the journal is of an earlier session, or has grown so long, that `rewrite` is due. */
  get isDue(): boolean {
    return this.#isOld || this.#size > this.#rewriteBytes + growth * this.#firstSize
  }

  /** On disk when the promise resolves. */
  async append(entry: JournalEntry): Promise<void> {
    const line = lineOf(entry)
    try {
      await checkOwn(this.#handle, this.path, this.#size)
      await writeAll(this.#handle, line, this.#size)
      await this.#handle.datasync()
    } catch (error) {
      throw stateFailed(this.path, error)
    }
    this.#size += line.length
  }

  /** Puts one entry that says all in place of all so far; a crash leaves one or the other. */
  async rewrite(entry: JournalEntry): Promise<void> {
    const line = lineOf(entry)
    let handle: FileHandle | undefined
    try {
      await checkOwn(this.#handle, this.path, this.#size)
      handle = await open(newOf(this.path), 'w')
      await writeAll(handle, line, 0)
      await handle.datasync()
      await rename(newOf(this.path), this.path)
      await syncFolder(dirname(this.path))
    } catch (error) {
      await handle?.close()
      throw stateFailed(this.path, error)
    }
    await this.#handle.close()
    this.#handle = handle
    this.#size = this.#firstSize = line.length
    this.#isOld = false
  }

  async close(): Promise<void> {
    await this.#handle.close()
  }
}

/** What could not be read again is not written. */
const lineOf = (entry: JournalEntry): Buffer => {
  const { error } = JournalEntry.safeParse(entry)
  if (error)
    throw new Failure(
      'accounting',
      `Expected an entry that can be read again, got ${z.prettifyError(error)}. This is a bug in ultraif; what was committed is safe. Please report it.`,
    )
  return Buffer.from(writeLine(entry))
}

const newOf = (path: string): string => `${path}.new`

/** Answers how many bytes all whole entries have, and the first. @throws Failure state_damaged */
const readEntries = (
  path: string,
  text: Buffer,
  see: (entry: JournalEntry) => void,
): { whole: number; first: number } => {
  let first = 0
  let start = 0
  for (let line = 1; start < text.length; line++) {
    const end = text.indexOf(newline, start)
    const value = end === -1 ? undefined : readLine(text.toString('utf8', start, end))
    if (value === undefined) {
      if (line === 1) throw damaged(path, 'it does not begin with an entry')
      if (holdsEntry(text.subarray(end === -1 ? text.length : end + 1)))
        throw damaged(
          path,
          `line ${line} is broken and lines behind it are whole, so it was no crash that broke it`,
        )
      break
    }
    const { data: entry } = JournalEntry.safeParse(value)
    if (!entry)
      throw damaged(path, `line ${line} is whole, but no entry as this version writes it`)
    see(entry)
    start = end + 1
    if (line === 1) first = start
  }
  return { whole: start, first }
}

const newline = 0x0a

const holdsEntry = (rest: Buffer): boolean =>
  rest
    .toString()
    .split('\n')
    .some(line => readLine(line) !== undefined)

const damaged = (path: string, why: string): Failure =>
  new Failure(
    'state_damaged',
    `Expected ${path} to be the journal of a run: ${why}. Bring back a copy of the folder, or begin anew with another --state.`,
  )

/** One call to the system as a rule; the rest of a short write follows. */
export const writeAll = async (
  handle: FileHandle,
  bytes: Buffer,
  position: number,
): Promise<void> => {
  for (let written = 0; written < bytes.length;)
    written += (
      await handle.write(bytes, written, bytes.length - written, position + written)
    ).bytesWritten
}
