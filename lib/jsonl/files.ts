/**
 * The files of a run, opened one after the other and let go of as soon as nobody reads on. What
 * can be known to fail is told before a single line is read: a typo in the last of ten names
 * must not cost a night.
 */
import { accessSync, constants, createReadStream, statSync } from 'node:fs'
import type { Readable } from 'node:stream'
import { Failure } from '../errors.js'
import { whyUnreadable } from './why-unreadable.js'

export interface Source {
  /** Undefined for stdin. */
  file: string | undefined
  /** Ends at the end of the file or, quietly, when `signal` fires; closes it in either case. */
  chunks: (signal: AbortSignal) => AsyncGenerator<Uint8Array>
}

/** Bytes asked for at once. */
const readBytes = 64 * 1024

/**
 * The sources named; `-`, or no name at all, is stdin. Throws `Failure` (`file_unreadable`,
 * `usage`) if one of them cannot be read.
 */
export const openSources = (files: string[]): Source[] => {
  const names = files.length === 0 ? ['-'] : files
  if (names.indexOf('-') !== names.lastIndexOf('-'))
    throw new Failure('usage', 'expected - (stdin) once at most among the files')
  for (const name of names) if (name !== '-') check(name)
  return names.map(name =>
    name === '-'
      ? { file: undefined, chunks: signal => chunksOf(process.stdin, signal) }
      : {
          file: name,
          chunks: signal =>
            chunksOf(createReadStream(name, { highWaterMark: readBytes }), signal),
        },
  )
}

/** Without opening it: that would start and end the writer of a named pipe. */
const check = (file: string): void => {
  try {
    if (statSync(file).isDirectory())
      throw new Failure('file_unreadable', `expected a file, got the folder ${file}`)
    accessSync(file, constants.R_OK)
  } catch (error) {
    if (error instanceof Failure) throw error
    throw new Failure('file_unreadable', `cannot read ${file}: ${whyUnreadable(error)}`, {
      cause: error,
    })
  }
}

/** Reads only when asked. A read that waits for input, as on a terminal, ends with `signal`, too. */
async function* chunksOf(
  stream: Readable,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const chunks = stream[Symbol.asyncIterator]() as AsyncIterator<Uint8Array>
  // One promise a read: racing each against one that lives as long as the file adds up.
  let stop: () => void = () => {}
  const onAbort = () => stop()
  signal.addEventListener('abort', onAbort)
  try {
    while (!signal.aborted) {
      const read = await new Promise<IteratorResult<Uint8Array> | undefined>(
        (resolve, reject) => {
          stop = () => resolve(undefined)
          chunks.next().then(resolve, reject)
        },
      )
      if (!read || read.done) return
      yield read.value
    }
  } finally {
    signal.removeEventListener('abort', onAbort)
    stream.destroy()
  }
}
