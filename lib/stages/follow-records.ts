/**
 * The records of a file that grows. Ordinals count on over all files that have borne its name,
 * so that ids stay unique whatever is rotated; line numbers are those of each file itself.
 */
import type { Readable } from 'node:stream'
import { Failure } from '../errors.js'
import { fromNode } from '../flow/from-node.js'
import { openSources, type Source } from '../jsonl/files.js'
import { checkFollowed, follow } from '../jsonl/follow.js'
import type { Record } from '../record.js'
import { parseOptions, type ParseOptions } from './options.js'
import { recordsReadable } from './read-records.js'

export interface Following {
  /** Ends it: records that were made by then still come. */
  signal?: AbortSignal
  /** A line for people when the file is waited for, was replaced or cut short. */
  log?: (line: string) => void
}

/**
 * The records of `file` as it grows, on and on until `signal`: by its name, as `tail -F` does,
 * so that it may be rotated, cut short, or come later. Each is there as soon as its line is
 * whole. Gzip is not followed.
 *
 * Throws `Failure` (`file_unreadable`) where the name stands for something else than a file.
 *
 * ```ts
 * followRecords('prompts.log', { turns: 'each' }, { signal }).through(generate(model))
 * ```
 */
export const followRecords = (
  file: string,
  options: Partial<ParseOptions> = {},
  following: Following = {},
): Highland.Stream<Record> => fromNode(openFollowed([], file, options, following))

/** As `followRecords`, as a Node stream, and behind the records of other files. */
export const openFollowed = (
  files: string[],
  file: string,
  options: Partial<ParseOptions>,
  { signal, log }: Following,
): Readable => {
  if (files.includes(file))
    throw new Failure('usage', `expected ${file} once: to be read, or to be followed`)
  const before = files.length === 0 ? [] : openSources(files)
  checkFollowed(file)
  return recordsReadable(
    stop => inTurn(before, follow(file, { signal: stop, ...(log && { log }) })),
    parseOptions.parse(options),
    signal,
    undefined,
    // Of a file that is read to its end the rest is missing, too, and nobody waits for more.
    (name, line) => name === file && log?.(halfLine(file, line)),
  )
}

/** For people: a line was being written when the following was stopped. */
export const halfLine = (file: string, line: number): string =>
  `${file}:${line}: stopped in the middle of this line, which is left out.`

async function* inTurn(
  files: Source[],
  followed: AsyncGenerator<Source>,
): AsyncGenerator<Source> {
  yield* files
  yield* followed
}
