/**
 * Finds the constraints of each record's query and a yes/no question for each. Adds `constraints` and,
 * with `from: "seed"`, `questions`.
 */
import { currentLedger } from '../ledger.js'
import { perRecord } from '../flow/per-record.js'
import type { Model } from '../model/model.js'
import type { Record } from '../record.js'
import type { Stage } from '../stage.js'
import { decomposeRecord } from '../steps/decompose.js'
import { decomposeOptions, type DecomposeOptions } from './options.js'
import { windowFor } from './window.js'

/** Throws `ZodError` on options it does not know and `Failure` on prompt texts it cannot read. */
export const decompose = (
  model: Model,
  options: Partial<DecomposeOptions> = {},
): Stage<Record, Record> => {
  const { window, order } = decomposeOptions.parse(options)
  const step = decomposeRecord(model, options, currentLedger())
  return perRecord(step, {
    window: windowFor(model, window),
    order,
    name: 'decompose',
    onSourceEnd: () => model.inputEnded?.(),
  })
}
