/**
 * Rejects in, the records they were made of out, as they came: the first stage of
 * `run --from-rejects`.
 */
import { isCarried } from '../carried-rejects.js'
import _ from '../flow/highland.js'
import { currentLedger } from '../ledger.js'
import { carryLineage } from '../lineage.js'
import type { Record } from '../record.js'
import type { Stage } from '../stage.js'
import { beginAgain, type Recipe } from '../steps/begin-again.js'
import type { ParseOptions } from './options.js'
import { readAgain } from './read-again.js'

/** A reject holds its prompt several times over, and its constraints and passes besides. */
const growth = 32

/** How a file of rejects is read: lines of records, written by us of lines that `parse` allows. */
export const asRejects = (parse: ParseOptions): ParseOptions => ({
  ...parse,
  format: 'record',
  maxLine: growth * parse.maxLine,
})

export interface TryAgainOptions extends Pick<Recipe, 'ours'> {
  /** How lines of the corpus are to be read now. */
  parse: ParseOptions
}

/**
 * To be built when the stages that follow are, since what they add is what has to go. A record
 * without a reject passes as it is, and so does a reject of which nothing is left to try again;
 * both are counted as notes.
 */
export const tryAgain = ({ parse, ours }: TryAgainOptions): Stage<Record, Record> => {
  const ledger = currentLedger()
  const recipe = { adds: ledger.adds, ours }
  return source =>
    source.consume<Record>((error, item, push, next) => {
      if (error) push(error)
      else if (_.isNil(item)) {
        push(null, item as never)
        return
      } else {
        const record = item as Record
        // A line of this very file that could not be read has a reject of its own.
        const again = isCarried(record) ? recordsOf(record, parse, recipe) : undefined
        if (isCarried(record) && !again) ledger.note('retry.not_whole')
        if (!record.reject) ledger.note('retry.no_reject')
        if (again && again.length !== 1) ledger.became(record, again.length)
        for (const one of again ?? [record]) push(null, carryLineage(record, one))
      }
      next()
    })
}

const recordsOf = (
  record: Record,
  parse: ParseOptions,
  recipe: Recipe,
): Record[] | undefined => {
  if (record.reject?.stage === 'parse') return readAgain(record, parse)
  // What a custom stage broke beyond recognition has a reject that stands for it, and no prompt.
  return record.seed.query.trim() === '' ? undefined : [beginAgain(record, recipe)]
}
