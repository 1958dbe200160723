/**
 * Bytes to numbered rows, by ndjson with its `mapper` decorated (the function split2 calls for
 * each line). Rows are taken there and nothing is pushed on, so a call is synchronous, a bad row
 * is a value and not a stream error, and a row `null` does not end the stream.
 */
import type { Transform } from 'node:stream'
import ndjson from 'ndjson'
import { Framer, headBytes, type Frame, type LineFault } from './frame.js'
import { mayBeJson, meantAsJson } from './json-like.js'
import { isWellFormed } from './well-formed.js'

export type Row = { line: number } & (
  | { kind: 'blank' }
  /** Not looked at, because `passOver` said so. */
  | { kind: 'passed' }
  | { kind: 'json'; text: string; value: unknown }
  /** No JSON, and not meant as such. */
  | { kind: 'text'; text: string }
  /** Meant as JSON; `why` is the parser's reason. */
  | { kind: 'bad_json'; text: string; why: string }
  /** `text` is the first part of it, `digest` the SHA-256 of all its bytes. */
  | { kind: LineFault; text: string; bytes: number; digest: string }
)

export interface RowsOptions {
  /** In bytes, line end not counted. */
  maxLine: number
  /** false: every line is text, JSON or not. */
  json?: boolean
}

/** Bytes handled at once, whatever comes: a whole file in one Buffer is cut into these. */
const sliceBytes = 1024 * 1024

const byteOrderMark = '\ufeff'

export class RowReader {
  readonly #framer: Framer
  readonly #json: boolean
  readonly #splitter: Splitter
  readonly #parseLine: ParseLine
  #line = 0
  #passOver = 0
  #rows: Row[] = []

  constructor({ maxLine, json = true }: RowsOptions) {
    this.#framer = new Framer(maxLine)
    this.#json = json
    this.#splitter = ndjson.parse() as Transform as Splitter
    this.#parseLine = this.#splitter.mapper
    this.#splitter.mapper = line => this.#take(line)
    // A carriage return before it is cut off here, at the end of the input as well.
    this.#splitter.matcher = '\n'
  }

  /** Lines read so far. */
  get line(): number {
    return this.#line
  }

  /** Whether the bytes so far end in the middle of a line. */
  get inLine(): boolean {
    return this.#framer.inLine
  }

  /** The first `lines` lines are known: they are told from blank ones, and not parsed. */
  passOver(lines: number): void {
    this.#passOver = lines
  }

  /** Bytes cut anywhere; gives the rows that are complete. */
  *write(chunk: Uint8Array): Generator<Row> {
    for (let at = 0; at < chunk.length; at += sliceBytes)
      yield* this.#read(this.#framer.write(chunk.subarray(at, at + sliceBytes)))
  }

  /** Whole lines of text, one or several; the last needs no line end. */
  *writeLines(text: string): Generator<Row> {
    yield* this.end()
    if (isWellFormed(text)) {
      yield* this.write(Buffer.from(text))
      yield* this.end()
      return
    }
    // Half a character cannot be turned into bytes, so such lines are told apart as text.
    const lines = text.split('\n')
    if (lines.at(-1) === '') lines.pop()
    for (const line of lines)
      if (isWellFormed(line)) yield* this.write(Buffer.from(`${line}\n`))
      else
        yield* this.#read([
          {
            fault: 'bad_encoding',
            head: Buffer.from(line.slice(0, headBytes)),
            bytes: Buffer.byteLength(line),
            digest: '',
          },
        ])
  }

  /** The last line, where the input ended without a line end. */
  *end(): Generator<Row> {
    yield* this.#read(this.#framer.end())
  }

  /** Forgets an unfinished line and gives its beginning. */
  drop(): string {
    return shown(this.#framer.drop())
  }

  #read(frames: Frame[]): Row[] {
    for (const frame of frames)
      if ('lines' in frame) this.#splitter.write(frame.lines)
      else {
        const { fault, head, bytes, digest } = frame
        const text = shown(head) + (bytes > head.length ? `… [${bytes} bytes]` : '')
        this.#rows.push({ line: ++this.#line, kind: fault, text, bytes, digest })
      }
    const rows = this.#rows
    this.#rows = []
    return rows
  }

  #take(raw: string): void {
    const line = ++this.#line
    const text = trimEnds(raw)
    if (text.length === 0 || text.trim() === '') this.#rows.push({ line, kind: 'blank' })
    else if (line <= this.#passOver) this.#rows.push({ line, kind: 'passed' })
    else if (!this.#json || !mayBeJson(text))
      this.#rows.push(
        this.#json && meantAsJson(text)
          ? {
              line,
              kind: 'bad_json',
              text,
              why: 'the end of an object without its start',
            }
          : { line, kind: 'text', text },
      )
    else {
      let failed = false
      const value = this.#parseLine.call({ emit: () => (failed = true) }, text)
      this.#rows.push(
        !failed
          ? { line, kind: 'json', text, value }
          : meantAsJson(text)
            ? { line, kind: 'bad_json', text, why: whyNot(text) }
            : { line, kind: 'text', text },
      )
    }
  }
}

/** What split2 3 is beside a Transform: public, but in no documentation. A test pins it. */
type ParseLine = (
  this: { emit: (event: string, error: Error) => void },
  line: string,
) => unknown
interface Splitter extends Transform {
  mapper: ParseLine
  matcher: RegExp | string
}

/** A BOM at the start of any line (files put together have them inside), and a lone CR at its end. */
const trimEnds = (raw: string): string => {
  const text = raw.startsWith(byteOrderMark) ? raw.slice(1) : raw
  return text.endsWith('\r') ? text.slice(0, -1) : text
}

/** ndjson keeps the parser's reason to itself. Only bad lines pay for the second try. */
const whyNot = (text: string): string => {
  try {
    JSON.parse(text)
  } catch (error) {
    return (error as Error).message
  }
  return 'not JSON'
}

/** The first bytes of a line as text, without half a character at the cut. */
const shown = (head: Buffer): string =>
  new TextDecoder('utf-8', { ignoreBOM: false }).decode(head, {
    stream: head.length >= headBytes,
  })
