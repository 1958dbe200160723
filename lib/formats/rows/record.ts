/** The record itself as a row, with everything that was found out about it: for audits, to judge again. */
import type { Record } from '../../record.js'
import { scoreResponse } from '../../steps/score.js'

/** `pass` is worked out anew from the verdicts; a response that nobody judged has none. */
export const recordRow = (record: Record): Record => {
  const { questions, responses } = record
  if (!responses) return record
  return {
    ...record,
    responses: responses.map(({ pass: _stored, ...response }) =>
      response.verdicts
        ? { ...response, pass: scoreResponse(questions, response) === 'pass' }
        : response,
    ),
  }
}
