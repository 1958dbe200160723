/**
 * Samples `samples` responses to each record. Adds `responses`; needs no questions.
 */

import { perRecord } from '../flow/per-record.js'
import type { Model } from '../model/model.js'
import type { Record } from '../record.js'
import type { Stage } from '../stage.js'
import { generateRecord } from '../steps/generate.js'
import { generateOptions, type GenerateOptions } from './options.js'
import { windowFor } from './window.js'

/** Throws `ZodError` on options it does not know and `Failure` on prompt texts it cannot read. */
export const generate = (
  model: Model,
  options: Partial<GenerateOptions> = {},
): Stage<Record, Record> => {
  const { window, order } = generateOptions.parse(options)
  const step = generateRecord(model, options)
  return perRecord(step, {
    window: windowFor(model, window),
    order,
    name: 'generate',
    onSourceEnd: () => model.inputEnded?.(),
  })
}
