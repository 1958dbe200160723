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
  const { until, window: given, order } = sampleOptions.parse(options)
  const ledger = currentLedger()
  ledger.until = until
  const [writer, judge] = bothOf(models)
  // In waves a record makes one call at a time as a rule: as many records as both together take
  // calls, or twice as many as one for both, so that there is always a call that waits.
  const drawing = windowFor(writer, undefined, 1)
  const judging = windowFor(judge, undefined, 1)
  return perRecord(sampleRecord(models, options, ledger), {
    window: given ?? (() => drawing() + judging()),
    order,
    name: 'sample',
    onSourceEnd: () => {
      writer.inputEnded?.()
      judge.inputEnded?.()
    },
  })
}
