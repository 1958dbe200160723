/** Judges the responses of one record, each by itself, and scores them by their verdicts. */
import { currentLedger } from '../ledger.js'
import type { Model } from '../model/model.js'
import type { Record } from '../record.js'
import { evaluateOptions, type EvaluateOptions } from '../stages/options.js'
import { judging, scored, settled } from './judge.js'
import { isEligible } from './score.js'
import { sideBySide } from './side-by-side.js'

/** Responses of one record that are with the judge at the same time. */
const responsesAtOnce = 32

/**
 * Records without questions, and responses that did not end by themselves, are not judged: the
 * first never pass vacuously, the second never pass at all. A judge's call that fails leaves its
 * response unknown; only when none has a verdict because of it is the record rejected.
 */
export const evaluateRecord = (
  model: Model,
  options: Partial<EvaluateOptions> = {},
  ledger = currentLedger(),
): ((record: Record) => Promise<Record>) => {
  ledger.adds.add('verdicts')
  const { asked, judge } = judging(model, evaluateOptions.parse(options), ledger)
  return async given => {
    const record = asked(given)
    if (!isEligible(record)) return scored(record)
    const judged = await sideBySide(
      record.responses ?? [],
      responsesAtOnce,
      (response, k) => judge(record, response, k),
    )
    return settled(record, judged, ledger)
  }
}
