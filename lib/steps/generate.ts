/** Samples K responses to one record, all of them at once. */
import { currentLedger } from '../ledger.js'
import type { Model } from '../model/model.js'
import type { Record } from '../record.js'
import { generateOptions, type GenerateOptions } from '../stages/options.js'
import { drawing, withResponses } from './draw.js'

/**
 * `responses[k]` is sample k, always K of them. A sample whose call failed has `finish: "error"`
 * and is never judged; only when all of them failed is the record rejected.
 */
export const generateRecord = (
  model: Model,
  options: Partial<GenerateOptions> = {},
  ledger = currentLedger(),
): ((record: Record) => Promise<Record>) => {
  ledger.adds.add('responses')
  const settings = generateOptions.parse(options)
  const drawFor = drawing(model, settings)
  return async record => {
    const draw = drawFor(record)
    const all = Array.from({ length: settings.samples }, (_, k) => draw(k))
    return withResponses(record, await Promise.all(all))
  }
}
