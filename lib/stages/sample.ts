/**
 * Samples responses to each record and judges each as soon as it is there; with `until` in waves,
 * and only as many as are needed. Adds `responses` with `verdicts` and `pass`.
 */
import { perRecord } from '../flow/per-record.js'
import { currentLedger } from '../ledger.js'
import type { Record } from '../record.js'
import type { Stage } from '../stage.js'
import { bothOf, sampleRecord, type SampleModels } from '../steps/sample.js'
import { sampleOptions, type SampleInput } from './options.js'
import { windowFor } from './window.js'

/**
 * Records for each sequence that either model may work on. In waves a record has one call at a
 * time to make as a rule, so more of them have to be open than the servers take calls.
 */
const perLimit = { all: 1, pass: 1.5, pair: 1.5 }

/**
 * ```ts
 * sample(model, { until: 'pass', seed: 1, generate: { samples: 8 } })
 * sample({ generate: model, judge: other }, { evaluate: { judge: 'apart' } })
 * ```
 * Throws `ZodError` on options it does not know and `Failure` on prompt texts it cannot read.
 */
export const sample = (
  models: SampleModels,
  options: SampleInput = {},
): Stage<Record, Record> => {
  const { until, window, order } = sampleOptions.parse(options)
  const ledger = currentLedger()
  ledger.until = until
  const both = bothOf(models)
  const windows = both.map(model => windowFor(model, window, perLimit[until]))
  return perRecord(sampleRecord(models, options, ledger), {
    window: window ?? (() => windows.reduce((sum, size) => sum + size(), 0)),
    order,
    name: 'sample',
    onSourceEnd: () => {
      for (const model of both) model.inputEnded?.()
    },
  })
}
