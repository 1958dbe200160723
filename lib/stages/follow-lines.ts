/**
 * The lines of a file that grows, as they are. A line that cannot be passed on whole, because it
 * is too long or broken, is left out, told and counted, as it is by every other command.
 */
import type { Readable } from 'node:stream'
import { rejectCodes } from '../codes.js'
import { fault } from '../formats/conversation.js'
import { oneByOne } from '../flow/one-by-one.js'
import { checkFollowed, follow } from '../jsonl/follow.js'
import { Framer, type Frame } from '../jsonl/frame.js'
import { currentLedger, type Ledger } from '../ledger.js'
import { halfLine, type Following } from './follow-records.js'
import { rejected } from './row-records.js'

export interface FollowLinesOptions {
  /** In bytes, line end not counted. */
  maxLine: number
  /** Passes over the lines that are there already. */
  onlyNew: boolean
}

/**
 * Strings of one line each, with its line end. Counts them in the ledger it is made in.
 * Throws `Failure` (`file_unreadable`) where the name stands for something else than a file.
 */
export const followLines = (
  file: string,
  options: FollowLinesOptions,
  { signal, log }: Following,
): Readable => {
  checkFollowed(file)
  const ledger = currentLedger()
  return oneByOne(
    stop => batches(file, options, { signal: stop, ...(log && { log }) }, ledger),
    signal,
  )
}

async function* batches(
  file: string,
  { maxLine, onlyNew }: FollowLinesOptions,
  following: { signal: AbortSignal; log?: (line: string) => void },
  ledger: Ledger,
): AsyncGenerator<string[]> {
  const { signal } = following
  for await (const { chunks } of follow(file, { ...following, onlyNew })) {
    const framer = new Framer(maxLine)
    const lines = new Lines(file, ledger)
    for await (const chunk of chunks(signal)) yield lines.of(framer.write(chunk))
    // One that was stopped half-way was not read.
    if (signal.aborted) {
      if (framer.inLine) following.log?.(halfLine(file, lines.count + 1))
      return
    }
    yield lines.of(framer.end())
  }
}

/** Counts the lines of one file. */
class Lines {
  readonly #file: string
  readonly #ledger: Ledger
  #line = 0

  /** Lines so far. */
  get count(): number {
    return this.#line
  }

  constructor(file: string, ledger: Ledger) {
    this.#file = file
    this.#ledger = ledger
  }

  of(frames: Frame[]): string[] {
    return frames.flatMap(frame => {
      if ('fault' in frame) {
        this.#leaveOut(frame)
        return []
      }
      const lines = frame.lines.toString().split(afterLineEnd)
      this.#line += lines.length
      for (const _line of lines) this.#ledger.entered()
      return lines
    })
  }

  #leaveOut({ fault: code, head, bytes, digest }: Extract<Frame, { fault: unknown }>) {
    const line = ++this.#line
    const place = { file: this.#file, line, ordinal: line, text: head.toString(), digest }
    const why = fault(code, `${rejectCodes[code].means} (${bytes} bytes)`)
    this.#ledger.entered()
    void this.#ledger.reject(rejected(place, why))
  }
}

const afterLineEnd = /(?<=\n)/
