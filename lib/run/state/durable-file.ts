/**
 * An output that a durable run owns. It grows by whole commits and is as long as the last one
 * says: what a crash left behind that is cut off. It is known again by its last bytes, since a
 * file that is another one must not be cut to a length of ours.
 */
import { hash } from 'node:crypto'
import { constants, type Stats } from 'node:fs'
import { open, stat, type FileHandle } from 'node:fs/promises'
import { dirname } from 'node:path'
import { Failure } from '../../errors.js'
import { shownAs } from '../open-files.js'
import { identityOf, notWritable, refuseFull, refuseInput } from '../output-file.js'
import type { CommittedOutput, End } from './commits.js'
import type { Refuse } from './earlier.js'
import { checkOwn, checkPlace } from './check-own.js'
import { writeAll } from './journal.js'
import { stdoutIdentity } from './stdout-output.js'
import { stateFailed } from './state-failed.js'
import { syncFolder } from './sync-folder.js'

export interface DurableFileOptions {
  flag: string
  /** As the last commit left it; undefined for a file that is new to the run. */
  committed: End | undefined
  /** A file that is new to the run may hold something, and is emptied. */
  force: boolean
  refuse: Refuse
  /** A file for what is cut off, so that nothing is ever destroyed. */
  aside: string
  inputs: string[]
}

/** Bytes that a file is known by. */
const tailBytes = 4096

export class DurableFile implements CommittedOutput {
  readonly path: string
  readonly identity: string
  /** Bytes found behind the last commit, which `begin` moves aside. */
  surplus = 0
  readonly #aside: string
  readonly #handle: FileHandle
  /** Pipes and devices have no length and no place: they only take what comes. */
  readonly #isFile: boolean
  /** How far it is ours, and the last bytes before that. */
  #size = 0
  #tail: Buffer = Buffer.alloc(0)
  /** The same before the last append, where that came as far as writing. */
  #before: { size: number; tail: Buffer } | undefined

  private constructor(
    path: string,
    handle: FileHandle,
    { identity, isFile }: { identity: string; isFile: boolean },
    { committed, aside }: DurableFileOptions,
  ) {
    this.path = path
    this.identity = identity
    this.#handle = handle
    this.#isFile = isFile
    this.#aside = aside
    // What a device took shows nowhere: a file in its place must not pass for it.
    if (!isFile) this.#size = committed?.bytes ?? 0
  }

  /** Changes nothing yet. @throws Failure output_exists, state_mismatch, usage or write_failed */
  static async open(path: string, options: DurableFileOptions): Promise<DurableFile> {
    const { flag, committed, force, inputs } = options
    const found = await stat(path).catch(() => undefined)
    if (!found && committed && committed.bytes > 0)
      refuseLack(path, options, committed.bytes, 'there is no such file')
    const handle = await openForReadWrite(path, flag, found)
    try {
      await refuseInput(handle, path, flag, inputs)
      const [identity, stats] = [await identityOf(handle, path), await handle.stat()]
      const file = new DurableFile(
        path,
        handle,
        { identity, isFile: stats.isFile() },
        options,
      )
      if (!file.#isFile) {
        if (committed && committed.tail !== digest(file.#tail))
          refuseLack(path, options, committed.bytes, 'it is no file any more')
        return file
      }
      // Of a file that got nothing yet no bytes can tell whether it is the one.
      if (committed && (committed.bytes > 0 || committed.identity === identity)) {
        if (found) await file.#goOn(committed, stats.size, options)
        file.surplus = stats.size - file.#size
      } else await refuseFull(handle, path, flag, force)
      return file
    } catch (error) {
      await handle.close()
      throw error
    }
  }

  get end(): End {
    return { bytes: this.#size, tail: digest(this.#tail), identity: this.identity }
  }

  /** Cuts the file back to the last commit, and makes its name survive a power cut. */
  async begin(): Promise<void> {
    if (!this.#isFile) return
    try {
      if (this.surplus > 0) await moveAside(this.#handle, this.#size, this.#aside)
      await this.#handle.truncate(this.#size)
      await syncFolder(dirname(this.path))
    } catch (error) {
      throw stateFailed(this.path, error)
    }
  }

  /** Whole lines, in one write; on disk when the promise resolves. @throws Failure write_failed */
  async append(text: string): Promise<void> {
    // What it held before the run may lack its last line end.
    const bytes = Buffer.from(this.#isInLine ? `\n${text}` : text)
    this.#before = undefined
    try {
      if (!this.#isFile) {
        await this.#handle.writeFile(bytes)
        this.#size += bytes.length
        return
      }
      await checkOwn(this.#handle, this.path, this.#size)
      this.#before = { size: this.#size, tail: this.#tail }
      await writeAll(this.#handle, bytes, this.#size)
      await this.#handle.datasync()
    } catch (error) {
      throw stateFailed(this.path, error)
    }
    this.#size += bytes.length
    this.#tail = lastOf(Buffer.concat([this.#tail, lastOf(bytes)]))
  }

  get #isInLine(): boolean {
    return this.#tail.length > 0 && this.#tail.at(-1) !== newline
  }

  /** Cuts off the last append, or what a failed one left, so that readers see whole lines. */
  async takeBack(): Promise<void> {
    if (!this.#before) return
    this.#size = this.#before.size
    this.#tail = this.#before.tail
    await this.#handle.truncate(this.#size)
  }

  /** @throws Failure write_failed, where what it holds is no longer under its name */
  async checkPlace(): Promise<void> {
    if (this.#isFile && this.#size > 0) await checkPlace(this.#handle, this.path)
  }

  async close(): Promise<void> {
    await this.#handle.close()
  }

  async #goOn(
    { bytes, tail, identity }: End,
    size: number,
    options: DurableFileOptions,
  ): Promise<void> {
    // Behind > or >> nothing more could be known of it; nothing of it is cut.
    if (identity === stdoutIdentity && size >= bytes) return this.#endAt(size)
    await this.#endAt(Math.min(size, bytes))
    if (size >= bytes && digest(this.#tail) === tail) return
    const but = size < bytes ? `it holds ${size}` : 'what it holds is something else'
    refuseLack(this.path, options, bytes, but)
    await this.#endAt(await lastLineEnd(this.#handle, size))
  }

  async #endAt(size: number): Promise<void> {
    const start = Math.max(0, size - tailBytes)
    this.#size = size
    this.#tail = Buffer.alloc(size - start)
    await this.#handle.read(this.#tail, 0, size - start, start)
  }
}

const openForReadWrite = async (
  path: string,
  flag: string,
  found: Stats | undefined,
): Promise<FileHandle> => {
  try {
    const access = found?.isFIFO() ? constants.O_WRONLY : constants.O_RDWR
    return await open(path, access | constants.O_CREAT)
  } catch (error) {
    throw notWritable(path, flag, error)
  }
}

const digest = (bytes: Buffer): string => hash('sha256', bytes, 'hex').slice(0, 16)

const lastOf = (bytes: Buffer): Buffer =>
  bytes.length <= tailBytes ? bytes : Buffer.from(bytes.subarray(-tailBytes))

const newline = 0x0a
const blockBytes = 64 * 1024

/** Where the last whole line of the first `size` bytes ends. */
const lastLineEnd = async (handle: FileHandle, size: number): Promise<number> => {
  const block = Buffer.alloc(blockBytes)
  for (let end = size; end > 0; end -= blockBytes) {
    const start = Math.max(0, end - blockBytes)
    const { bytesRead } = await handle.read(block, 0, end - start, start)
    const at = block.subarray(0, bytesRead).lastIndexOf(newline)
    if (at !== -1) return start + at + 1
  }
  return 0
}

/** Copies what is behind `from` to the end of the file `to`. */
const moveAside = async (handle: FileHandle, from: number, to: string): Promise<void> => {
  const aside = await open(to, 'a')
  try {
    const block = Buffer.alloc(blockBytes)
    for (let at = from; ;) {
      const { bytesRead } = await handle.read(block, 0, blockBytes, at)
      if (bytesRead === 0) break
      await aside.appendFile(block.subarray(0, bytesRead))
      at += bytesRead
    }
    await aside.sync()
  } finally {
    await aside.close()
  }
}

const refuseLack = (
  path: string,
  { flag, refuse }: DurableFileOptions,
  bytes: number,
  but: string,
): void =>
  refuse(
    [
      `${flag} ${path} should hold the ${bytes} bytes that the run wrote so far, but ${but}`,
    ],
    () => {
      throw new Failure(
        'state_mismatch',
        `Expected ${shownAs({ flag, file: path })} to hold the ${bytes} bytes that the run wrote so far, but ${but}. Put the file back, begin anew with another --state, or go on without the missing rows with --force.`,
      )
    },
  )
