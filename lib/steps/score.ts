/**
 * What the verdicts say about a response. Fails closed: the reference passes an empty verdict,
 * a short one and any odd word (its defects S2, S3), so that wrong answers end up in its data.
 */
import type { Question, Record, Response } from '../record.js'

/** `unknown` is neither: no training text, and no bad example either. */
export type Score = 'pass' | 'fail' | 'unknown'

/**
 * `pass`: the model ended by itself, and every question has a yes. `fail`: every question has a
 * yes or a no, at least one of them no. All else is `unknown`: no questions, an empty or cut-off
 * response, a verdict missing, odd or too many. A stored `pass` counts for nothing.
 */
export const scoreResponse = (
  questions: readonly Question[] | undefined,
  { text, finish, verdicts = [] }: Response,
): Score => {
  if (!questions?.length || verdicts.length !== questions.length) return 'unknown'
  if (finish !== 'stop' || text.trim() === '') return 'unknown'
  const answers = verdicts.map(verdict => verdict?.answer)
  if (!answers.every(answer => answer === 'yes' || answer === 'no')) return 'unknown'
  return answers.includes('no') ? 'fail' : 'pass'
}

/** A response with its place among the samples and what its verdicts say. */
export interface Scored {
  response: Response
  index: number
  score: Score
  /** Questions answered no. */
  failed: number
}

/** Every response of a record, scored, in the order of the samples. */
export const scoreRecord = ({ questions, responses = [] }: Record): Scored[] =>
  responses.map((response, index) => ({
    response,
    index,
    score: scoreResponse(questions, response),
    failed: (response.verdicts ?? []).filter(verdict => verdict?.answer === 'no').length,
  }))

/** Enough to be judged by: at least one question, from the prompt itself or from a pass. */
export const isEligible = ({ questions }: Record): boolean => (questions?.length ?? 0) > 0
