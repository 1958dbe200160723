/**
 * Follows each record from its entry to its last row. A record is done when it, and all that
 * was made of it, is settled and its rows have come to the end of the stream; then its rows go
 * to the disk together, in one commit.
 */
import { Failure } from '../../errors.js'
import { lineOf } from '../../jsonl/stringify.js'
import { add, noCounts, type Counts, type Fate, type Trail } from '../../ledger.js'
import { lineageOf, setLineage } from '../../lineage.js'
import type { Record } from '../../record.js'

/** What records that are done leave behind. */
export interface Share {
  in: number
  kept: number
  filtered: Counts
  rejected: Counts
  rows: Counts
  /** Lines for each output, by its flag. */
  texts: [flag: string, text: string][]
}

export const emptyShare = (): Share => ({
  in: 0,
  kept: 0,
  filtered: noCounts(),
  rejected: noCounts(),
  rows: noCounts(),
  texts: [],
})

/** A record of the input that is not done yet. */
class OpenRecord {
  readonly place: number
  readonly share = emptyShare()
  /** Records made of it that are not settled, itself included. */
  open = 1
  /** Rows that have not come yet. */
  due = 0
  /** Its share is given away: what still comes of it goes by itself. */
  isClosed = false

  constructor(place: number) {
    this.place = place
  }
}

/** So many records whose rows do not come are worth a word: they take memory, and stay open. */
const manyRowsDue = 65_536

export interface RecordTrailOptions {
  /** Takes what became of a record; `place` is missing where a custom stage lost sight of it. */
  onDone: (share: Share, place: number | undefined) => void
  /** The rows cannot be told apart: the run cannot go on. */
  onFault: (failure: Failure) => void
  /** Told once when a stage behind `filter` holds, or dropped, the rows of very many records. */
  onManyDue: (records: number) => void
}

export class RecordTrail implements Trail {
  readonly #options: RecordTrailOptions
  /** Settled, and rows of it have not come yet; the oldest first. */
  readonly #rowsDue = new Set<OpenRecord>()
  #toldOfMany = false

  constructor(options: RecordTrailOptions) {
    this.#options = options
  }

  entered(record: Record, ordinal: number): void {
    setLineage(record, new OpenRecord(ordinal))
  }

  became(record: Record, n: number): void {
    const open = openRecordOf(record)
    if (open) open.open += n - 1
  }

  settled(record: unknown, fate: Fate): void {
    const of = openRecordOf(record)
    if (!of) {
      // A row that is still to come will be refused when it does.
      if (!('kept' in fate) || fate.due === 0)
        this.#options.onDone(counted(emptyShare(), fate), undefined)
      return
    }
    if (of.open === 0) return this.#options.onFault(settledTwice(record))
    counted(of.share, fate)
    of.open--
    if ('kept' in fate) of.due += fate.due
    this.#finish(of)
  }

  rowBecame(row: unknown, n: number, shape: string): void {
    const of = openRecordOf(row)
    // One that has no row to come is refused when it does.
    if (!of || of.due === 0) return
    of.due += n - 1
    add(of.share.rows, shape, n - 1)
    this.#finish(of)
  }

  rowRejected(row: unknown, code: string, shape: string): void {
    const of = openRecordOf(row)
    if (!of || of.isClosed)
      return this.#options.onDone(counted(emptyShare(), { rejected: code }), undefined)
    counted(of.share, { rejected: code })
    this.rowBecame(row, 0, shape)
  }

  /** A line for another output than that of the stream, before its record is settled. */
  line(record: object, flag: string, text: string): void {
    const of = openRecordOf(record)
    if (of && !of.isClosed) of.share.texts.push([flag, text])
    else this.#options.onDone({ ...emptyShare(), texts: [[flag, text]] }, undefined)
  }

  /** A row has come to the end of the stream. @throws Failure pipeline_unusable */
  row(flag: string, row: unknown): void {
    const of = openRecordOf(row)
    if (!of) throw unknownOrigin(row)
    if (of.due === 0) throw settledTwice(row)
    of.share.texts.push([flag, lineOf(row)])
    of.due--
    this.#finish(of)
  }

  /** No row will come any more: those that did not were dropped behind `filter`. */
  rowsEnded(): void {
    for (const of of this.#rowsDue) this.#close(of)
  }

  #finish(of: OpenRecord): void {
    if (of.open > 0) return
    if (of.due === 0) return this.#close(of)
    this.#rowsDue.add(of)
    if (this.#rowsDue.size < manyRowsDue || this.#toldOfMany) return
    this.#toldOfMany = true
    this.#options.onManyDue(this.#rowsDue.size)
  }

  #close(of: OpenRecord): void {
    of.due = 0
    of.isClosed = true
    this.#rowsDue.delete(of)
    this.#options.onDone(of.share, of.place)
  }
}

const openRecordOf = (value: unknown): OpenRecord | undefined =>
  lineageOf(value) as OpenRecord | undefined

const counted = (share: Share, fate: Fate): Share => {
  share.in++
  if ('rejected' in fate) add(share.rejected, fate.rejected)
  else if ('filtered' in fate) add(share.filtered, fate.filtered)
  else {
    share.kept++
    for (const [shape, n] of Object.entries(fate.kept)) add(share.rows, shape, n)
  }
  return share
}

const advice =
  'Make rows with {...record} or inside perRecord, which may also make several records of one; or run without --state.'

const unknownOrigin = (row: unknown): Failure =>
  new Failure(
    'pipeline_unusable',
    `With --state it must be known which record a row was made of, and a stage of the pipeline passed on ${typeof row === 'object' ? `an object of its own${named(row)}` : `a ${typeof row}`}. ${advice}`,
  )

const settledTwice = (value: unknown): Failure =>
  new Failure(
    'pipeline_unusable',
    `With --state a record must leave the pipeline once, and a stage passed on several made of one${named(value)}. ${advice}`,
  )

const named = (value: unknown): string => {
  const id = (value as { id?: unknown } | null)?.id
  return typeof id === 'string' ? ` (${id})` : ''
}
