/**
 * From bytes and lines of a corpus to records: ordinals, `skip`, `limit` and the books. One
 * reader serves a whole run over all its files, and keeps nothing but counters: an id is made of
 * the content and the ordinal of its line, so that duplicates need no memory of what was seen.
 */
import { rejectCodes, type RejectCode } from '../codes.js'
import { messageOf } from '../errors.js'
import { fault, isObject } from '../formats/conversation.js'
import { isOwn } from '../formats/record.js'
import { deepest, tooDeep } from '../jsonl/plain-json.js'
import { RowReader, type Row } from '../jsonl/rows.js'
import type { Ledger } from '../ledger.js'
import type { Record } from '../record.js'
import type { Bookmark, Place as Position } from './bookmark.js'
import type { ParseOptions } from './options.js'
import { recordsOfJson, recordsOfText, rejected, type Place } from './row-records.js'
import { StrayText } from './stray-text.js'

export class CorpusReader {
  readonly #options: ParseOptions
  readonly #ledger: Ledger
  readonly #bookmark: Bookmark | undefined
  readonly #note: (name: string) => void
  #file: string | undefined
  #rows: RowReader
  #strays: StrayText
  /** Lines of the open file that were not read here, and objects that came between its lines. */
  #others = 0
  /** Input lines so far, blank and bad ones included, over all files. */
  #ordinal = 0
  /** Records so far, those passed over included. */
  #records = 0
  /** Where the line begins of which `limit` left records out. */
  #cutAt: Position | undefined

  constructor(options: ParseOptions, ledger: Ledger, bookmark?: Bookmark) {
    this.#options = options
    this.#ledger = ledger
    this.#bookmark = bookmark
    this.#note = name => ledger.note(name)
    this.#rows = this.#newRows()
    this.#strays = new StrayText(ledger)
  }

  /** `limit` is reached: nothing more will come, and nothing more need be read. */
  get done(): boolean {
    const { limit, skip } = this.#options
    return limit !== undefined && this.#records >= skip + limit
  }

  /** Whether the bytes so far end in the middle of a line. */
  get inLine(): boolean {
    return this.#rows.inLine
  }

  /** Lines of the open file so far. */
  get line(): number {
    return this.#rows.line + this.#others
  }

  /** Every record of the lines up to here was given out. */
  get position(): Position {
    return this.#cutAt ?? { lines: this.#ordinal, records: this.#records }
  }

  /**
   * What follows is in this file, its lines counted from 1; without a name, it is stdin.
   * `before`: what stands before it in the file, and in all of the input.
   */
  open(file?: string, before = { lines: 0, ordinal: this.#ordinal }): void {
    this.#file = file
    this.#others = before.lines
    this.#ordinal = before.ordinal
    this.#rows = this.#newRows()
    this.#strays = new StrayText(this.#ledger)
  }

  /** Bytes of the open file, cut anywhere. */
  bytes(chunk: Uint8Array): Record[] {
    return this.#ofRows(this.#rows.write(chunk))
  }

  /** Whole lines of text, one or several; the last needs no line end. */
  lines(text: string): Record[] {
    return this.#ofRows(this.#rows.writeLines(text))
  }

  /** The last line, where the file ends without a line end. */
  close(): Record[] {
    return this.#ofRows(this.#rows.end(), ', and the input ends in the middle of it')
  }

  /** The file broke off: a reject stands for its unfinished line. */
  break(why: string): Record[] {
    if (this.done || this.#passes()) return []
    const text = this.#rows.drop()
    const place = this.#place(this.line + 1, text)
    const message = `${rejectCodes.broken_file.means}: ${why}`
    return this.#counted([rejected(place, fault('broken_file', message))])
  }

  /** An object in place of a line. A record of ours passes as it is: it was counted where it was made. */
  object(value: unknown): Record[] {
    if (isOwn(value)) return [value]
    if (this.done) return []
    this.#others++
    return this.#counted(this.#ofJson(this.line, value))
  }

  #newRows(): RowReader {
    const { maxLine, format } = this.#options
    const rows = new RowReader({ maxLine, json: format !== 'text' })
    rows.passOver((this.#bookmark?.passed.lines ?? 0) - this.#ordinal)
    return rows
  }

  #ofRows(rows: Iterable<Row>, more = ''): Record[] {
    const records: Record[] = []
    for (const row of rows) {
      if (this.done) break
      for (const record of this.#counted(this.#ofRow(row, more))) {
        if (row.kind === 'text' && !record.reject) this.#strays.text(record)
        records.push(record)
      }
      if (row.kind === 'json' && isObject(row.value)) this.#strays.object()
    }
    return records
  }

  /** Applies `skip` and `limit`, and enters what is left and not yet done into the books. */
  #counted(made: Record[]): Record[] {
    const before = { lines: this.#ordinal - 1, records: this.#records }
    return made.filter(record => {
      if (this.done) {
        this.#cutAt = before
        return false
      }
      const ordinal = this.#records++ - this.#options.skip
      if (ordinal < 0 || this.#bookmark?.isDone(ordinal)) return false
      this.#ledger.entered(record, ordinal)
      return true
    })
  }

  /** Counts a line whose records are all done, and answers whether it was one. */
  #passes(): boolean {
    const passed = this.#bookmark?.passed
    if (!passed || this.#ordinal >= passed.lines) return false
    if (++this.#ordinal === passed.lines) this.#records = passed.records
    return true
  }

  /** `more` goes into the message of a line that is broken. */
  #ofRow(row: Row, more: string): Record[] {
    const line = row.line + this.#others
    if (row.kind === 'blank') this.#ledger.blank++
    if (this.#passes()) return []
    switch (row.kind) {
      case 'blank':
      case 'passed':
        this.#ordinal++
        return []
      case 'json':
        return this.#ofJson(line, row.value, row.text)
      case 'text':
        return this.#ofText(line, row.text)
      case 'bad_json':
        return this.#bad(
          this.#place(line, row.text),
          'bad_json',
          `: ${row.why}${more}; ${textHint}`,
        )
      case 'bad_encoding':
        return this.#bad(this.#place(line, row.text, row.digest), row.kind, encodingHint)
      case 'line_too_long':
        return this.#bad(
          this.#place(line, row.text, row.digest),
          row.kind,
          `: ${row.bytes} bytes, ${this.#options.maxLine} allowed`,
        )
    }
  }

  #ofText(line: number, text: string): Record[] {
    const place = this.#place(line, text)
    const { format } = this.#options
    if (format !== 'text' && format !== 'auto')
      return this.#bad(place, 'bad_json', ` but plain text; ${textHint}`)
    // A UTF-16 or binary file looks like this; no prompt does.
    if (format === 'auto' && text.includes('\0'))
      return this.#bad(place, 'bad_encoding', ` but binary${encodingHint}`)
    return recordsOfText(text, place, this.#options, this.#note)
  }

  /** `text` is missing for an object that came without a line. */
  #ofJson(line: number, value: unknown, text?: string): Record[] {
    const place = this.#place(line, text ?? (() => jsonOf(value)))
    if (tooDeep(value)) {
      const cycle = text === undefined ? ', or has a cycle' : ''
      const why = `the line is nested more than ${deepest} levels deep${cycle}`
      return [rejected(place, fault('bad_json', why))]
    }
    try {
      return recordsOfJson(value, place, this.#options, this.#note)
    } catch (bug) {
      // Of ours; thrown on, it would end the file in the middle.
      return this.#bad(place, 'stage_error', `: ${messageOf(bug)}; please report it`)
    }
  }

  #bad(place: Place, code: RejectCode, more: string): Record[] {
    return [rejected(place, fault(code, rejectCodes[code].means + more))]
  }

  #place(line: number, text: Place['text'], digest = ''): Place {
    const place: Place = { file: this.#file, line, ordinal: ++this.#ordinal, text }
    if (digest !== '') place.digest = digest
    return place
  }
}

/** An object that came without a line, as the text of its reject. */
const jsonOf = (value: unknown): string => {
  try {
    return JSON.stringify(value) ?? String(value)
  } catch (error) {
    return messageOf(error)
  }
}

const textHint = 'if each line is a prompt, use --format text'
const encodingHint = ' (a Latin-1 or UTF-16 file? convert it with iconv)'
