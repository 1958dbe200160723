/**
 * The end of every run's stream, where the books are closed: what a filter has not settled
 * already is counted here, rejects leave for their file, and an error inside a custom stage
 * costs its own record instead of the run.
 */
import _ from '../flow/highland.js'
import { Failure, messageOf, reject } from '../errors.js'
import { jsonProblem } from '../jsonl/plain-json.js'
import type { Ledger } from '../ledger.js'
import { carryLineage } from '../lineage.js'
import type { Record } from '../record.js'
import type { Stage } from '../stage.js'

export interface BooksOptions {
  ledger: Ledger
  /** Whether rejects leave the stream here, because a file takes them. */
  rejectsLeave: boolean
  /** Called when nothing more will come out, also when a custom stage ended early. */
  onEnd?: () => void
}

export const closeBooks =
  ({ ledger, rejectsLeave, onEnd }: BooksOptions): Stage<any, any> =>
  source => {
    /** What a filter has settled comes through to the last row of the last record. */
    const isFull = () => ledger.full && !ledger.settled
    return source.consume<unknown>((error, item, push, next) => {
      const end = () => {
        onEnd?.()
        push(null, _.nil as never)
      }
      if (error instanceof Failure) {
        push(error)
        next()
      } else if (error) {
        whenWritten(ledger.reject(lost(messageOf(error))), next)
      } else if (_.isNil(item)) end()
      else if (isReject(item)) {
        // `filter` lets no reject through: this one was a row, and is no row any more.
        if (!rejectsLeave && !ledger.settled) push(null, item)
        whenWritten(ledger.settled ? ledger.rejectRow(item) : ledger.reject(item), next)
      } else {
        const problem = ledger.settled ? undefined : unwritable(item)
        if (problem) {
          const record = lost(problem, item)
          if (!rejectsLeave) push(null, record)
          whenWritten(ledger.reject(record), next)
        } else {
          if (!ledger.settled) ledger.keep({ row: 1 }, item, 1)
          push(null, item)
          if (isFull()) end()
          else next()
        }
      }
    })
  }

const whenWritten = (written: void | Promise<void>, next: () => void): void => {
  if (written) void written.then(next)
  else next()
}

/** What keeps a row from being a line of JSON: it costs its own record, not the run. */
const unwritable = (item: unknown): string | undefined => {
  if (typeof item === 'string') return undefined
  const problem =
    typeof item === 'object' && item !== null ? jsonProblem(item) : String(item)
  return problem && `expected a row that JSON can hold, got ${problem}`
}

const isReject = (item: unknown): item is Record =>
  typeof (item as Record | null)?.reject?.code === 'string'

/** A stand-in for what a custom stage broke; which record it was is known only if it says so. */
const lost = (message: string, item?: unknown): Record => {
  const { id } = (item ?? {}) as { id?: unknown }
  return carryLineage(item, {
    id: typeof id === 'string' ? id : 'unknown',
    query: '',
    seed: { query: '' },
    reject: reject('pipeline', 'stage_error', message),
  })
}
