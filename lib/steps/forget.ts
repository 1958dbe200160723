/**
 * What a record must forget when it changes: responses answer a query, verdicts answer questions
 * by position. Kept past a change they would be wrong labels that look right.
 */
import type { Question, Record } from '../record.js'

/** The record with another query: responses to the old one are gone. */
export const withQuery = (record: Record, query: string): Record => {
  if (query === record.query) return record
  const { responses: _gone, ...rest } = record
  return { ...rest, query }
}

/** The record with other questions: verdicts on the old ones are gone. */
export const withQuestions = (record: Record, questions: Question[]): Record => {
  const same =
    record.questions?.length === questions.length &&
    questions.every(({ text }, i) => text === record.questions?.[i]?.text)
  if (same || !record.responses) return { ...record, questions }
  return {
    ...record,
    questions,
    responses: record.responses.map(
      ({ verdicts: _verdicts, pass: _pass, ...rest }) => rest,
    ),
  }
}
