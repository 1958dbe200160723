/**
 * An output that a durable run owns. It grows by whole commits and is as long as the last one
 * says: what a crash left behind that is cut off, and a file that has become shorter, or another
 * one, is an error and not a surprise at the end.
 */
import { constants } from 'node:fs'
import { open, stat, type FileHandle } from 'node:fs/promises'
import { Failure } from '../../errors.js'
import { identityOf, refuseFull, refuseInput, writeFailed } from '../output-file.js'
import { writeAll } from './journal.js'
import { stateFailed } from './state-failed.js'

export interface DurableFileOptions {
  flag: string
  /** Length at the last commit; undefined for a file that is new to the run. */
  committed: number | undefined
  force: boolean
  inputs: string[]
}

export class DurableFile {
  readonly path: string
  readonly identity: string
  readonly #handle: FileHandle
  /** Pipes and devices have no length and no place: they only take what comes. */
  readonly #isFile: boolean
  #size: number

  private constructor(
    path: string,
    handle: FileHandle,
    found: { identity: string; isFile: boolean; size: number },
  ) {
    this.path = path
    this.identity = found.identity
    this.#handle = handle
    this.#isFile = found.isFile
    this.#size = found.size
  }

  /** Changes nothing yet. @throws Failure output_exists, state_mismatch, usage or write_failed */
  static async open(path: string, options: DurableFileOptions): Promise<DurableFile> {
    const { flag, committed, force, inputs } = options
    const handle = await openForReadWrite(path, flag)
    try {
      await refuseInput(handle, path, flag, inputs)
      const identity = await identityOf(handle, path)
      const stats = await handle.stat()
      const isFile = stats.isFile()
      if (!isFile) return new DurableFile(path, handle, { identity, isFile, size: 0 })
      if (committed === undefined) {
        await refuseFull(handle, path, flag, force)
        return new DurableFile(path, handle, { identity, isFile, size: 0 })
      }
      if (stats.size >= committed)
        return new DurableFile(path, handle, { identity, isFile, size: committed })
      if (!force) throw shorter(path, flag, stats.size, committed)
      const size = await lastLineEnd(handle, stats.size)
      return new DurableFile(path, handle, { identity, isFile, size })
    } catch (error) {
      await handle.close()
      throw error
    }
  }

  /** Bytes at the last commit. */
  get size(): number {
    return this.#size
  }

  /** Cuts the file back to the last commit. */
  async begin(): Promise<void> {
    if (this.#isFile) await this.#handle.truncate(this.#size)
  }

  /** Whole lines, in one write; on disk when the promise resolves. @throws Failure write_failed */
  async append(text: string): Promise<void> {
    const bytes = Buffer.from(text)
    try {
      if (!this.#isFile) {
        await this.#handle.writeFile(bytes)
        return
      }
      await this.#checkPlace()
      await writeAll(this.#handle, bytes, this.#size)
      await this.#handle.datasync()
      this.#size += bytes.length
    } catch (error) {
      if (error instanceof Failure) throw error
      // Readers see whole lines, also while the disk is full.
      await this.begin().catch(() => {})
      throw stateFailed(this.path, error)
    }
  }

  async close(): Promise<void> {
    await this.#handle.close()
  }

  /** Rows in a file that was moved or removed would be rows that nobody finds. */
  async #checkPlace(): Promise<void> {
    const there = await stat(this.path).catch(() => undefined)
    const own = await this.#handle.stat()
    if (there?.ino !== own.ino || there.dev !== own.dev)
      throw new Failure(
        'write_failed',
        `Expected ${this.path} to stay where it is during the run, but it was ${there ? 'replaced' : 'removed'}. Put it back and run the command again: it goes on.`,
      )
    if (own.size !== this.#size)
      throw new Failure(
        'write_failed',
        `Expected ${this.path} to hold the ${this.#size} bytes that this run wrote, but it holds ${own.size}: somebody else writes to it. Give each run files of its own, and run the command again: what others wrote behind its rows is cut off.`,
      )
  }
}

const openForReadWrite = async (path: string, flag: string): Promise<FileHandle> => {
  try {
    const isPipe = (await stat(path).catch(() => undefined))?.isFIFO()
    return await open(
      path,
      (isPipe ? constants.O_WRONLY : constants.O_RDWR) | constants.O_CREAT,
    )
  } catch (error) {
    throw writeFailed(`${flag} ${path}`, error)
  }
}

const blockBytes = 64 * 1024

/** Where the last whole line of the first `size` bytes ends. */
const lastLineEnd = async (handle: FileHandle, size: number): Promise<number> => {
  const block = Buffer.alloc(blockBytes)
  for (let end = size; end > 0; end -= blockBytes) {
    const start = Math.max(0, end - blockBytes)
    const { bytesRead } = await handle.read(block, 0, end - start, start)
    const at = block.subarray(0, bytesRead).lastIndexOf(0x0a)
    if (at !== -1) return start + at + 1
  }
  return 0
}

const shorter = (path: string, flag: string, size: number, committed: number): Failure =>
  new Failure(
    'state_mismatch',
    `Expected ${flag} ${path} to hold the ${committed} bytes that the run wrote so far, but it holds ${size}. Put the file back, begin anew with another --state, or go on without the missing rows with --force.`,
  )
