/**
 * Judged records in, training rows out. Every record is settled here and counted once: kept,
 * filtered with a reason, or rejected before. The next record waits until this one's rows and
 * its reject are written, so that a slow disk slows the stream and never fills the memory.
 */
import _ from '../flow/highland.js'
import { Failure, messageOf, reject } from '../errors.js'
import { jsonProblem } from '../jsonl/plain-json.js'
import { currentLedger, type Counts } from '../ledger.js'
import { carryLineage } from '../lineage.js'
import type { Record } from '../record.js'
import type { Stage } from '../stage.js'
import { makeRows, type Row, type Rows } from '../steps/make-rows.js'
import { filterOptions, type FilterOptions, type RowShape } from './options.js'

export interface FilterHooks {
  /** Takes the rows of the shapes in `also`; a promise makes the stream wait. */
  onAlso?: (shape: RowShape, row: Row, record: Record) => void | Promise<void>
}

/**
 * ```ts
 * filter({ as: 'sft', also: ['dpo'], onAlso: (shape, row) => write(pairs, row) })
 * ```
 * Throws `ZodError` on options it does not know. `also` needs somewhere to go: `onAlso`, or the
 * ledger of a run; without either the stream ends with a `Failure` at its first record.
 */
export const filter = ({
  onAlso,
  ...options
}: Partial<FilterOptions> & FilterHooks = {}): Stage<Record, Row> => {
  const { as, also: further, ...selection } = filterOptions.parse(options)
  const also = [...new Set(further)].filter(shape => shape !== as)
  const ledger = currentLedger()
  ledger.settled = true
  ledger.rowShape = as

  const rowsOf = (record: Record): Map<RowShape, Rows> | Error => {
    try {
      const made = new Map(
        [as, ...also].map(shape => [shape, makeRows(shape, record, selection)]),
      )
      for (const { rows } of made.values())
        for (const row of rows) {
          const problem = jsonProblem(row)
          if (problem)
            throw new Error(`expected a row that JSON can hold, got ${problem}`)
        }
      return made
    } catch (error) {
      return error as Error
    }
  }

  const settle = async (record: Record): Promise<Row[]> => {
    const write = onAlso ?? ledger.onAlso?.bind(ledger)
    if (also.length > 0 && !write) throw nowhere(also)
    if (record.reject) {
      await ledger.reject(record)
      return []
    }
    const made = rowsOf(record)
    if (made instanceof Error) {
      await ledger.reject({
        ...record,
        reject: reject('filter', 'stage_error', messageOf(made)),
      })
      return []
    }
    const counts: Counts = {}
    for (const [shape, { rows, notes = [] }] of made) {
      if (rows.length > 0) counts[shape] = rows.length
      for (const note of notes) ledger.note(note)
    }
    const { rows: main, why = 'no_pass' } = made.get(as) as Rows
    for (const shape of also) {
      for (const row of made.get(shape)?.rows ?? []) await write?.(shape, row, record)
    }
    // Last: from here on nothing of the record but its main rows is still to come.
    if (Object.keys(counts).length === 0) ledger.filter(why, record)
    else ledger.keep(counts, record, main.length)
    return ledger.trail ? main.map(row => carryLineage(record, row)) : main
  }

  return source =>
    source.consume<Row>((error, record, push, next) => {
      if (error) {
        push(error)
        next()
      } else if (_.isNil(record) || ledger.full) push(null, _.nil as never)
      else {
        settle(record as Record).then(
          rows => {
            for (const row of rows) push(null, row)
            if (ledger.full) push(null, _.nil as never)
            else next()
          },
          (failure: Error) => {
            push(failure)
            push(null, _.nil as never)
          },
        )
      }
    })
}

const nowhere = (also: readonly RowShape[]): Failure =>
  new Failure(
    'usage',
    `filter was given also: ${also.join(', ')}, and nowhere to write those rows. Give it onAlso: (shape, row) => …, or leave also out.`,
  )
