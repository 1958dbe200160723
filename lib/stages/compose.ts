/**
 * Makes each record's query harder by up to `passes` constraints. Changes `query`; adds `passes` and,
 * with `from: "pass"`, `questions`.
 */
import { currentLedger } from '../ledger.js'
import { perRecord } from '../flow/per-record.js'
import type { Model } from '../model/model.js'
import type { Record } from '../record.js'
import type { Stage } from '../stage.js'
import { composeRecord } from '../steps/compose.js'
import { composeOptions, type ComposeOptions } from './options.js'
import { windowFor } from './window.js'

/** Throws `ZodError` on options it does not know and `Failure` on prompt texts it cannot read. */
export const compose = (
  model: Model,
  options: Partial<ComposeOptions> = {},
): Stage<Record, Record> => {
  const { window, order } = composeOptions.parse(options)
  const step = composeRecord(model, options, currentLedger())
  return perRecord(step, {
    window: windowFor(model, window),
    order,
    name: 'compose',
    onSourceEnd: () => model.inputEnded?.(),
  })
}
