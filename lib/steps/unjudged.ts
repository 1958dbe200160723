/**
 * Records that came out of judging without a single usable verdict. They end as filtered, like
 * those whose responses failed; but a run in which all end so has a broken judge, or too few
 * tokens, and no hard prompts.
 */
import type { Record, Response, Verdict } from '../record.js'
import { isEligible } from './score.js'

/** Why no response of the record has a yes or a no; undefined where one has, or nothing was to be judged. */
export const whyUnjudged = (record: Record): string | undefined => {
  const { responses = [] } = record
  if (!isEligible(record) || responses.length === 0 || responses.some(hasVerdict))
    return undefined
  const reasons = new Map<string, number>()
  for (const response of responses) {
    const reason = reasonOf(response)
    reasons.set(reason, (reasons.get(reason) ?? 0) + 1)
  }
  const told = [...reasons].map(([reason, n]) => `${n} ${reason}`)
  return `no usable verdict on any response: ${told.join(', ')}`
}

export const hasVerdict = ({ verdicts }: Response): boolean =>
  verdicts?.some(isKnown) ?? false

export const isKnown = ({ answer }: Verdict): boolean => answer !== 'unknown'

const reasonOf = ({ finish, text }: Response): string => {
  if (finish === 'length') return 'cut off at --max-tokens'
  if (finish === 'error') return 'without an answer, since the call failed'
  if (finish !== 'stop') return 'not ended by the model'
  if (text.trim() === '') return 'empty'
  return 'judged, with no clear yes or no (more --judge-max-tokens or another judge may help)'
}
