/**
 * The files a run writes. All of them are opened before the first model call, because hours of
 * GPU time are a bad moment to learn of a typo; and a file that already holds rows is never
 * overwritten by accident.
 */
import { constants } from 'node:fs'
import { open, stat, type FileHandle } from 'node:fs/promises'
import type { Writable } from 'node:stream'
import { Failure, messageOf } from '../errors.js'
import { shownAs } from './open-files.js'

export interface OutputFile {
  path: string
  stream: Writable
  /** Writes a line; a promise asks the caller to wait for the disk. Never rejects. */
  write: (line: string) => void | Promise<void>
  /** What the file is, to see when two names are one. */
  identity: string
  /** Empties the file, where it holds something and may be emptied. */
  begin: () => Promise<void>
  /** Flushes and closes. @throws Failure write_failed */
  close: () => Promise<void>
}

export interface OutputOptions {
  /** Empties a file that already holds something. */
  force: boolean
  /** The flag that named the file, for messages. */
  flag: string
  /** Files that the run reads: never one of its outputs. */
  inputs: string[]
  /** Told once when a write fails, so that the run can end. */
  onError: (failure: Failure) => void
}

/** @throws Failure output_exists, usage or write_failed */
export const openOutput = async (
  path: string,
  { force, flag, inputs, onError }: OutputOptions,
): Promise<OutputFile> => {
  const handle = await openForAppend(path, flag)
  let identity: string
  try {
    await refuseInput(handle, path, flag, inputs)
    identity = await identityOf(handle, path)
    await refuseFull(handle, path, flag, force)
  } catch (error) {
    await handle.close()
    throw error
  }

  // Not closed by itself: the end wants to look at the file once more.
  const stream = handle.createWriteStream({ autoClose: false })
  let failure: Failure | undefined
  stream.on('error', error => {
    failure ??= writeFailed(path, error)
    onError(failure)
  })

  let draining: Promise<void> | undefined
  const untilDrained = (): Promise<void> =>
    (draining ??= new Promise(resolve => {
      const done = () => {
        draining = undefined
        stream.off('drain', done).off('close', done)
        resolve()
      }
      stream.on('drain', done).on('close', done)
    }))

  return {
    path,
    stream,
    identity,
    // Not before the run begins: what fails until then must not cost an older file its rows.
    begin: async () => {
      if ((await handle.stat()).size > 0) await handle.truncate()
    },
    write: line => (failure || stream.write(line) ? undefined : untilDrained()),
    close: async () => {
      if (!stream.closed && !stream.writableFinished) {
        // The last flush may be the one that fails.
        await new Promise<void>(resolve =>
          stream.end((error?: Error | null) => {
            if (error) failure ??= writeFailed(path, error)
            resolve()
          }),
        )
      }
      if (failure) {
        stream.destroy()
        throw failure
      }
      const { nlink } = await handle.stat()
      await new Promise<void>(resolve => stream.once('close', resolve).destroy())
      if (nlink === 0)
        throw new Failure(
          'write_failed',
          `Expected ${path} to be there at the end of the run, but it was removed while it was written to. Its rows are lost; run again with ${flag} set to another place.`,
        )
    },
  }
}

const openForAppend = async (path: string, flag: string): Promise<FileHandle> => {
  try {
    // Not 'a': append mode makes every position a lie on network file systems, and the file is
    // empty or about to be.
    return await open(path, constants.O_WRONLY | constants.O_CREAT)
  } catch (error) {
    throw notWritable(path, flag, error)
  }
}

export const notWritable = (path: string, flag: string, error: unknown): Failure =>
  new Failure(
    'write_failed',
    `Expected ${shownAs({ flag, file: path })} to be a file that can be written: ${reasonOf(error)}.`,
    { cause: error },
  )

export const refuseInput = async (
  handle: FileHandle,
  path: string,
  flag: string,
  inputs: string[],
) => {
  const own = await handle.stat()
  if (!own.isFile()) return
  for (const input of inputs) {
    const other = await stat(input).catch(() => undefined)
    if (other?.ino === own.ino && other.dev === own.dev)
      throw new Failure(
        'usage',
        `${shownAs({ flag, file: path })} is also an input. Name another file.`,
      )
  }
}

export const identityOf = async (handle: FileHandle, path: string): Promise<string> => {
  const { dev, ino } = await handle.stat()
  // Some file systems number nothing; two names are then told apart by their texts alone.
  return ino ? `${dev}:${ino}` : path
}

export const refuseFull = async (
  handle: FileHandle,
  path: string,
  flag: string,
  force: boolean,
) => {
  const { size } = await handle.stat()
  if (size === 0) return
  if (!force)
    throw new Failure(
      'output_exists',
      `Expected ${shownAs({ flag, file: path })} to be new or empty, but it holds ${size} bytes. Name another file, or empty it with --force.`,
    )
}

/** What the system said, as a phrase: `no space left on device (ENOSPC)`. */
export const reasonOf = (error: unknown): string => {
  const [, code, phrase] = /^([A-Z][A-Z0-9]+): ([^,]+)/.exec(messageOf(error)) ?? []
  return code && phrase ? `${phrase} (${code})` : messageOf(error)
}

export const writeFailed = (path: string, error: unknown): Failure =>
  new Failure(
    'write_failed',
    `Could not write to ${path}: ${reasonOf(error)}. The lines before the last one are whole and can be kept.`,
    { cause: error },
  )
