/**
 * Lifts an async function of one record into a stage. A record that is rejected flows past it;
 * a record it throws on is rejected and flows on; a record it answers with several becomes
 * several, and one it answers with nothing is counted as dropped.
 */
import _ from 'highland'
import { messageOf, reject } from '../errors.js'
import { currentLedger } from '../ledger.js'
import type { Record } from '../record.js'
import type { Stage } from '../stage.js'
import { inFlight } from './in-flight.js'
import { inOrder } from './in-order.js'

export interface PerRecordOptions {
  /** Records in the function at once; bounds memory. */
  window?: number
  order?: 'arrival' | 'input'
  /** Named in the reject when the function throws. */
  name?: string
}

export const defaultWindow = 64

type Step = (record: Record) => Promise<Record | Record[] | undefined | void>

/**
 * ```ts
 * perRecord(async record => ({ ...record, query: record.query.trim() }), { window: 8 })
 * ```
 */
export const perRecord = (
  step: Step,
  {
    window = defaultWindow,
    order = 'arrival',
    name = step.name || 'custom',
  }: PerRecordOptions = {},
): Stage<Record, Record> => {
  const ledger = currentLedger()

  const settle = async (record: Record): Promise<Record[]> => {
    if (record.reject) return [record]
    try {
      const result = await step(record)
      const records = Array.isArray(result) ? result : result ? [result] : []
      if (records.length === 0) ledger.filter('dropped_by_pipeline')
      else ledger.split += records.length - 1
      return records
    } catch (error) {
      return [{ ...record, reject: reject(name, 'stage_error', messageOf(error)) }]
    }
  }

  const run = order === 'input' ? inOrder(window, settle) : inFlight(window, settle)
  return source => flatten(run(source))
}

/** One array in, its members out, without a stream per array. */
const flatten = (source: Highland.Stream<Record[]>): Highland.Stream<Record> =>
  source.consume<Record>((error, records, push, next) => {
    if (error) push(error)
    else if (_.isNil(records)) {
      push(null, records as never)
      return
    } else for (const record of records as Record[]) push(null, record)
    next()
  })
