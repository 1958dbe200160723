/**
 * What a run says that ended as it should and yet not as anybody hopes: exit code 0 must not hide
 * that there is nothing to train on.
 */
import { entryOf } from '../codes.js'
import type { Counts } from '../ledger.js'
import type { Ending } from './closing.js'
import { printable } from './printable.js'
import { count, type Summary } from './summary.js'

type Told = Pick<Ending, 'summary' | 'error' | 'rejects' | 'target'>

/** Lines for people. A run that was stopped, or failed, has said more of its end already. */
export const remarksOf = ({ summary, error, rejects, target = 0 }: Told): string[] => {
  const { in: records, kept, out = 0, rejected, filtered = {} } = summary
  const remarks = strayText(summary)
  if (error || summary.stopped) return remarks
  // One of several filters in a pipe tells of its own rejects, as the one before told of its own.
  if (records > 0 && (kept === 0 || (kept === undefined && out === 0 && rejects.length)))
    remarks.push(
      `nothing was ${kept === 0 ? 'kept' : 'passed on'}: ${leading(records, rejected, filtered)}`,
    )
  if (kept !== undefined && kept < target)
    remarks.push(
      `the input ended with ${count(kept)} records kept, and --target asked for ${count(target)}`,
    )
  return remarks
}

/** What may be the debris of torn lines went to the models as prompts: worth a line in any case. */
const strayText = ({ notes, strayText: first }: Summary): string[] => {
  const n = notes?.['parse.stray_text'] ?? 0
  if (n === 0) return []
  const what =
    n === 1
      ? 'a line of plain text among JSON lines was taken for a prompt'
      : `${count(n)} lines of plain text among JSON lines were taken for prompts`
  const where =
    first === undefined
      ? ''
      : `${n === 1 ? ',' : ', the first'} at ${printable(first, 200)}`
  return [
    `${what}${where}. Where that is a piece of a torn line, repair it; with --format query, or what fits the others, such lines are rejected`,
  ]
}

/** `12 of 13 records were rejected as bad_request (the server refused the request). What to do.` */
const leading = (records: number, rejected: Counts, filtered: Counts): string => {
  const ended = [
    ...Object.entries(rejected).map(([code, n]) => ({ verb: 'rejected', code, n })),
    ...Object.entries(filtered).map(([code, n]) => ({ verb: 'filtered', code, n })),
  ]
  const { verb, code, n } = ended.reduce((most, one) => (one.n > most.n ? one : most))
  const known = entryOf(code)
  const why = known ? ` (${known.means}). ${known.hint}` : ''
  return `${count(n)} of ${count(records)} records were ${verb} as ${printable(code, 60)}${why}`
}
