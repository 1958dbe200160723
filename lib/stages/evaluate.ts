/**
 * Has a judge answer the questions about each response. Adds `verdicts` and `pass` to the responses
 * that lack them.
 */
import { currentLedger } from '../ledger.js'
import { perRecord } from '../flow/per-record.js'
import type { Model } from '../model/model.js'
import type { Record } from '../record.js'
import type { Stage } from '../stage.js'
import { evaluateRecord } from '../steps/evaluate.js'
import { evaluateOptions, type EvaluateOptions } from './options.js'
import { windowFor } from './window.js'

/** Throws `ZodError` on options it does not know and `Failure` on prompt texts it cannot read. */
export const evaluate = (
  model: Model,
  options: Partial<EvaluateOptions> = {},
): Stage<Record, Record> => {
  const { window, order } = evaluateOptions.parse(options)
  const step = evaluateRecord(model, options, currentLedger())
  return perRecord(step, {
    window: windowFor(model, window),
    order,
    name: 'evaluate',
    onSourceEnd: () => model.inputEnded?.(),
  })
}
