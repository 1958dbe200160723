/**
 * All files of a run as one stream of records. Node owns this edge: bytes are read only as fast
 * as records are taken, and when the stream ends early, by `limit`, by a signal or by its
 * reader, the open file is closed.
 */
import type { Readable } from 'node:stream'
import { Failure, messageOf } from '../errors.js'
import { fromNode } from '../flow/from-node.js'
import { oneByOne } from '../flow/one-by-one.js'
import { openSources, type Source } from '../jsonl/files.js'
import { Unpacker } from '../jsonl/gunzip.js'
import { currentLedger } from '../ledger.js'
import type { Record } from '../record.js'
import type { Bookmark } from './bookmark.js'
import { CorpusReader } from './corpus-reader.js'
import { parseOptions, type ParseOptions } from './options.js'

/**
 * The records of `files` in order (`-` or none: stdin), with one row of ordinals over all of
 * them. A file that breaks off gives its lines so far and one reject, and the next one follows.
 * `signal` stops the reading: records that were made by then still come, then the stream ends.
 * Throws `Failure` (`file_unreadable`, `usage`) before anything is read.
 */
export const readRecords = (
  files: string[],
  options: Partial<ParseOptions> = {},
  signal?: AbortSignal,
): Highland.Stream<Record> => fromNode(openRecords(files, options, signal))

/**
 * As `readRecords`, as a Node stream: destroying it closes the open file at once. With a
 * bookmark, records that are done do not come again, and the others only once the input is known
 * to be that of before.
 */
export const openRecords = (
  files: string[],
  options: Partial<ParseOptions> = {},
  signal?: AbortSignal,
  bookmark?: Bookmark,
): Readable => {
  const sources = openSources(files)
  return recordsReadable(() => sources, parseOptions.parse(options), signal, bookmark)
}

/** As `readRecords`, from sources of any kind. */
export const recordsOfSources = (
  sources: Source[],
  options: ParseOptions,
  signal?: AbortSignal,
): Highland.Stream<Record> => fromNode(recordsReadable(() => sources, options, signal))

/** Sources one after the other; `stop` ends the wait for one that is not there yet. */
export type Sources = (stop: AbortSignal) => Iterable<Source> | AsyncIterable<Source>

/** Told when it was stopped in the middle of a line, which is not read then. */
export type OnHalfLine = (file: string | undefined, line: number) => void

export const recordsReadable = (
  sources: Sources,
  options: ParseOptions,
  signal?: AbortSignal,
  bookmark?: Bookmark,
  onHalfLine?: OnHalfLine,
): Readable => {
  const reader = new CorpusReader(options, currentLedger(), bookmark)
  return oneByOne(stop => {
    const read = batches(sources(stop), reader, stop, bookmark, onHalfLine)
    return bookmark ? confirmed(read, bookmark) : read
  }, signal)
}

/** The records of each chunk of bytes. */
async function* batches(
  sources: Iterable<Source> | AsyncIterable<Source>,
  reader: CorpusReader,
  stop: AbortSignal,
  bookmark: Bookmark | undefined,
  onHalfLine: OnHalfLine | undefined,
): AsyncGenerator<Record[]> {
  /** The same `limit` may have cut other chunks elsewhere: what was read before is still looked at. */
  const enough = () => reader.done && (bookmark?.confirmed ?? true)
  let files = 0
  /** A line that was stopped half-way was not read. */
  const isStopped = (file: string | undefined): boolean => {
    if (stop.aborted && reader.inLine) onHalfLine?.(file, reader.line + 1)
    return stop.aborted
  }
  for await (const { file, chunks } of sources) {
    if (enough() || stop.aborted) return
    const unpacker = new Unpacker()
    if (files++ > 0) bookmark?.nextFile()
    reader.open(file)
    try {
      for await (const chunk of chunks(stop))
        for (const piece of bookmark?.take(chunk) ?? [chunk]) {
          if (!reader.done)
            for await (const bytes of unpacker.write(piece))
              for (const slice of slicesOf(bytes)) {
                yield reader.bytes(slice)
                bookmark?.reached(reader.position)
                if (isStopped(file)) return
              }
          if (enough()) return
        }
      if (isStopped(file)) return
      if (!reader.done) {
        for await (const bytes of unpacker.end()) yield reader.bytes(bytes)
        // A line end may still be written behind plain text, and behind gzip it is another member.
        if (reader.inLine) bookmark?.cutOff(unpacker.packed ? 'file' : 'line')
        yield reader.close()
      }
    } catch (error) {
      if (error instanceof Failure) throw error
      bookmark?.cutOff('file')
      yield reader.break(messageOf(error))
    } finally {
      unpacker.close()
    }
    bookmark?.reached(reader.position)
  }
  bookmark?.ended()
}

/**
 * Bytes made into records at once. Whatever is a record when a run is stopped is still finished,
 * with all its calls: of short prompts, 64 KiB are a thousand.
 */
const sliceBytes = 8192

function* slicesOf(bytes: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += sliceBytes)
    yield bytes.subarray(at, at + sliceBytes)
}

/**
 * Holds back what is not done of the part that an earlier session read, until all of that part
 * is known to be unchanged. That is what was open when the session ended, so it fits in memory.
 */
async function* confirmed(
  batches: AsyncGenerator<Record[]>,
  bookmark: Bookmark,
): AsyncGenerator<Record[]> {
  const held: Record[] = []
  for await (const batch of batches) {
    if (held.length === 0 && bookmark.confirmed) yield batch
    else {
      held.push(...batch)
      if (bookmark.confirmed) yield held.splice(0)
    }
  }
  // Not confirmed: it was stopped before it came so far, and what is held stays open.
  if (bookmark.confirmed) yield held
}
