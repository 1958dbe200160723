/**
 * Lets go of records that no row could come of, before responses to them are paid for: those
 * without a question to judge by, or with fewer passes than are wanted. `filter` would drop them
 * at the end for the same reason, with the same code.
 */
import _ from '../flow/highland.js'
import { currentLedger } from '../ledger.js'
import type { Record } from '../record.js'
import type { Stage } from '../stage.js'
import { unwanted } from '../steps/make-rows.js'
import { filterOptions, type FilterOptions, type RowShape } from './options.js'

/** Shapes made of judged responses; `record` and `composer` take records as they are. */
const ofResponses: ReadonlySet<RowShape> = new Set([
  'sft',
  'dpo',
  'messages',
  'preference',
])

/** With the options of the `filter` that follows. Throws `ZodError` on options it does not know. */
export const eligible = (options: Partial<FilterOptions> = {}): Stage<Record, Record> => {
  const { as, also, ...selection } = filterOptions.parse(options)
  if (![as, ...also].every(shape => ofResponses.has(shape))) return source => source
  const ledger = currentLedger()
  return source =>
    source.consume<Record>((error, record, push, next) => {
      if (error) {
        push(error)
        next()
        return
      }
      if (_.isNil(record)) {
        push(null, record as never)
        return
      }
      const why = (record as Record).reject
        ? undefined
        : unwanted(record as Record, selection)
      if (why) ledger.filter(why, record as Record)
      else push(null, record as Record)
      next()
    })
}
