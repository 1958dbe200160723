/**
 * The books of a run: in = kept + filtered + rejected, always. Stages find the ledger of the
 * run they are built in by themselves (as a logger finds its request), so that a pipeline
 * written by a user is accounted for without passing anything along.
 */
import { AsyncLocalStorage } from 'node:async_hooks'
import { beginning } from './jsonl/well-formed.js'
import type { Record } from './record.js'

export type Counts = { [code: string]: number }
type Written = void | Promise<void>

/** What a stage holds. */
export interface WindowState {
  stage: string
  /** Records in its function. */
  open: number
  /** Records that are through it and wait to be taken. */
  ready: number
}

/** How a record ended. `due`: rows of it that still come through the stream. */
export type Fate =
  { kept: Counts; due: number } | { filtered: string } | { rejected: string }

/** What the steps of ours add to a record. */
export type Addition = 'constraints' | 'passes' | 'responses' | 'verdicts'

/** A durable run follows each record from its entry to its last row. */
export interface Trail {
  /** `ordinal`: its place among all records of the input, from 0. */
  entered(record: Record, ordinal: number): void
  /** One record became `n`, which all have to be settled. */
  became(record: Record, n: number): void
  /** `record` may be anything that a custom stage made. */
  settled(record: unknown, fate: Fate): void
  /** A stage behind `filter` made `n` rows of one. */
  rowBecame(row: unknown, n: number, shape: string): void
  /** A stage behind `filter` failed at a row. */
  rowRejected(row: unknown, code: string, shape: string): void
}

export class Ledger {
  in = 0
  blank = 0
  /** Records that a custom stage made out of others: they count as input, too. */
  split = 0
  kept = 0
  filtered = noCounts()
  rejected = noCounts()
  /** Rows written, by shape. */
  rows = noCounts()
  /** Records to keep: set by a run that is to stop after so many. */
  target = Infinity
  /**
   * Set when a run cannot go on: what a step makes of a record from then on is not trusted, and
   * the record stays open, as if it had not been begun.
   */
  halted = false
  /** All rows that will ever come have come to the end of the stream, and nothing was cut before. */
  cameToEnd = false
  /** Set by `filter`: what leaves it is counted already, so that the end of a run does not count again. */
  settled = false
  /** Set by `filter`: what its rows count as. */
  rowShape = 'row'
  /** Set by `sample`: until when it draws, so that a run can tell whether anybody heeds it. */
  until?: string
  /** Filled by steps when they are built: a record that is tried again begins without these. */
  readonly adds = new Set<Addition>()
  /** Things worth a number that end no record, such as a dropped constraint. */
  notes = noCounts()

  /** `ordinal`: the place of the record among all of the input, from 0. */
  entered(record?: Record, ordinal = 0): void {
    this.in++
    if (record) this.trail?.entered(record, ordinal)
  }

  /** A stage made `n` records of one. */
  became(record: Record, n: number): void {
    this.split += n - 1
    this.trail?.became(record, n)
  }

  note(name: string, by = 1): void {
    if (this.halted) return
    add(this.notes, name, by)
  }

  /** Judging came to nothing: the record will be filtered, and is as good as lost. */
  unjudged(record: Record, why: string): void {
    if (this.halted) return
    this.note('judge.unjudged')
    this.onUnjudged?.(record, why)
  }

  /** `due`: rows of the record that still come through the stream. */
  keep(rows: Counts, record?: unknown, due = 0): void {
    this.kept++
    for (const [shape, n] of Object.entries(rows)) add(this.rows, shape, n)
    this.trail?.settled(record, { kept: rows, due })
  }

  /** One more row of a record that is kept already. */
  row(shape: string): void {
    add(this.rows, shape)
  }

  filter(code: string, record?: Record): void {
    add(this.filtered, code)
    this.trail?.settled(record, { filtered: code })
  }

  /** Records that nobody saw go. */
  missed(code: string, by: number): void {
    add(this.filtered, code, by)
  }

  /** Counts a reject and hands it to `onReject`; a promise asks the stream to wait. */
  reject(record: Record): Written {
    const code = codeOf(record, this.rejected)
    add(this.rejected, code)
    const written = this.onReject?.(record)
    this.trail?.settled(record, { rejected: code })
    return written
  }

  /** A stage behind `filter` made `n` rows of one; its record stays kept. */
  rowBecame(row: unknown, n: number): void {
    if (n === 0) this.note('rows.dropped')
    add(this.rows, this.rowShape, n - 1)
    this.trail?.rowBecame(row, n, this.rowShape)
  }

  /** A row was cut behind `filter`. No more records are kept than there are rows. */
  rowCut(): void {
    this.#oneRowLess()
    this.kept = Math.min(this.kept, sum(this.rows))
  }

  /** A stage behind `filter` failed at a row: it counts as a record that this stage made. */
  rejectRow(row: Record): Written {
    const code = codeOf(row, this.rejected)
    this.split++
    add(this.rejected, code)
    this.#oneRowLess()
    const written = this.onReject?.(row)
    this.trail?.rowRejected(row, code, this.rowShape)
    return written
  }

  /** A stage of highland's own may have made more of one, which nobody counted. */
  #oneRowLess(): void {
    if ((this.rows[this.rowShape] ?? 0) > 0) add(this.rows, this.rowShape, -1)
  }

  /** The target is reached: whoever settles records settles no more of them, and ends. */
  get full(): boolean {
    return this.kept >= this.target
  }

  /** What is still open, or lost: 0 when a run has ended and the books are right. */
  get open(): number {
    return this.in + this.split - this.kept - sum(this.filtered) - sum(this.rejected)
  }

  /** The windows of its stages, for whoever wonders what a run waits for. */
  readonly windows: (() => WindowState)[] = []

  /** Set by a durable run. */
  trail?: Trail
  /** Set by the run: where rejects and the rows of `--also` go. */
  onReject?: (record: Record) => Written
  onUnjudged?: (record: Record, why: string) => void
  onAlso?: (shape: string, row: object, record: Record) => Written
}

/** Codes come from input too: one named `constructor` must count like any other. */
export const noCounts = (): Counts => Object.create(null) as Counts

/** The same counts, to be counted on. */
export const copyCounts = (counts: Counts): Counts => Object.assign(noCounts(), counts)

/** Different codes of rejects that are counted apart; what input may hold must not fill the memory. */
const mostCodes = 200
const longestCode = 100

/** The code that a reject counts under: its own, but for the thousandth that somebody made up. */
const codeOf = ({ reject }: Record, counts: Counts): string => {
  const code = beginning(reject?.code ?? 'unknown', longestCode)
  return code in counts || Object.keys(counts).length < mostCodes ? code : 'other'
}

export const add = (counts: Counts, name: string, by = 1): void => {
  counts[name] = (counts[name] ?? 0) + by
}

export const sum = (counts: Counts): number =>
  Object.values(counts).reduce((a, b) => a + b, 0)

const current = new AsyncLocalStorage<Ledger>()

/** The ledger of the run that is being built, or a fresh one outside of a run. */
export const currentLedger = (): Ledger => current.getStore() ?? new Ledger()

/**
 * Builds stages whose records are accounted for in `ledger`; `build` may be async. When nothing
 * is being built any more the store is switched off: while it is on, every promise of the
 * process is followed, at three times its price.
 */
export const accountedIn = <T>(ledger: Ledger, build: () => T): T => {
  building++
  let built: T
  try {
    built = current.run(ledger, build)
  } catch (error) {
    endBuilding()
    throw error
  }
  if (built instanceof Promise) built.then(endBuilding, endBuilding)
  else endBuilding()
  return built
}

let building = 0

const endBuilding = (): void => {
  if (--building === 0) current.disable()
}
