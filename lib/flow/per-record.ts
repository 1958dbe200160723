/**
 * Lifts an async function of one record into a stage. A record that is rejected flows past it;
 * a record it throws on is rejected and flows on; a record it answers with several becomes
 * several, and one it answers with nothing is counted as dropped.
 */
import { messageOf, reject } from '../errors.js'
import { currentLedger } from '../ledger.js'
import { carryLineage } from '../lineage.js'
import type { Record } from '../record.js'
import type { Stage } from '../stage.js'
import { inFlight } from './in-flight.js'
import { inOrder } from './in-order.js'
import type { WindowSize } from './through-window.js'

export interface PerRecordOptions {
  /** Records in the function at once; bounds memory. A function is asked again for each record. */
  window?: WindowSize
  order?: 'arrival' | 'input'
  /** Named in the reject when the function throws. */
  name?: string
  /** Called once, when the source has ended; records may still be in the function. */
  onSourceEnd?: (() => void) | undefined
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
    onSourceEnd,
  }: PerRecordOptions = {},
): Stage<Record, Record> => {
  const ledger = currentLedger()
  // Behind `filter` there are rows, whose records are counted already.
  const takesRows = ledger.settled

  /** Of a run that cannot go on: as if it had not been begun. */
  const cut = (): Record[] => {
    if (takesRows) ledger.rowCut()
    return []
  }

  const settle = async (record: Record): Promise<Record | Record[]> => {
    if (record.reject) return record
    if (ledger.halted) return cut()
    try {
      const result = (await step(record)) ?? []
      if (ledger.halted) return cut()
      if (Array.isArray(result) && result.length !== 1) {
        if (takesRows) ledger.rowBecame(record, result.length)
        else if (result.length === 0) ledger.filter('dropped_by_pipeline', record)
        else ledger.became(record, result.length)
      }
      // A step may answer with a fresh object: it is known whose it is here, and nowhere later.
      if (ledger.trail) for (const made of [result].flat()) carryLineage(record, made)
      return result
    } catch (error) {
      if (ledger.halted) return cut()
      return { ...record, reject: reject(name, 'stage_error', messageOf(error)) }
    }
  }

  return (order === 'input' ? inOrder : inFlight)(window, settle, {
    onSourceEnd,
    onBegin: look => ledger.windows.push(() => ({ stage: name, ...look() })),
    pass: (result, push: (record: Record) => void) => {
      if (Array.isArray(result)) for (const record of result) push(record)
      else push(result)
    },
  })
}
