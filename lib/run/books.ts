/**
 * The end of every run's stream, where the books are closed: what a filter has not settled
 * already is counted here, rejects leave for their file, and an error inside a custom stage
 * costs its own record instead of the run.
 */
import _ from 'highland'
import { Failure, messageOf, reject } from '../errors.js'
import type { Ledger } from '../ledger.js'
import type { Record } from '../record.js'
import type { Stage } from '../stage.js'

export interface BooksOptions {
  ledger: Ledger
  /** Whether rejects leave the stream here, because a file takes them. */
  rejectsLeave: boolean
  /** Called when nothing more will come out, also when a custom stage ended early. */
  onEnd?: () => void
}

/** Ids remembered to count several rows of one record once: rows of a record leave close together. */
const rememberedIds = 1024

export const closeBooks =
  ({ ledger, rejectsLeave, onEnd }: BooksOptions): Stage<any, any> =>
  source => {
    const recent = new Set<string>()

    const keep = (item: unknown) => {
      if (ledger.settled) return
      const id = idOf(item)
      const known = id !== undefined && recent.has(id)
      if (id !== undefined) {
        recent.delete(id)
        recent.add(id)
        if (recent.size > rememberedIds) recent.delete(recent.values().next().value ?? '')
      }
      if (known) ledger.row('row')
      else ledger.keep({ row: 1 })
    }

    return source.consume<unknown>((error, item, push, next) => {
      if (error instanceof Failure) {
        push(error)
        next()
      } else if (error) {
        whenWritten(ledger.reject(lost(error)), next)
      } else if (_.isNil(item)) {
        onEnd?.()
        push(null, item as never)
      } else if (isReject(item)) {
        if (!rejectsLeave) push(null, item)
        whenWritten(ledger.reject(item), next)
      } else {
        keep(item)
        push(null, item)
        next()
      }
    })
  }

const whenWritten = (written: void | Promise<void>, next: () => void): void => {
  if (written) void written.then(next)
  else next()
}

const idOf = (item: unknown): string | undefined => {
  const id = (item as { id?: unknown } | null)?.id
  return typeof id === 'string' ? id : undefined
}

const isReject = (item: unknown): item is Record =>
  typeof (item as Record | null)?.reject?.code === 'string'

/** A stand-in for the record that was in a custom stage when it threw; which one, nobody knows. */
const lost = (error: Error): Record => ({
  id: 'unknown',
  query: '',
  seed: { query: '' },
  reject: reject('pipeline', 'stage_error', messageOf(error)),
})
