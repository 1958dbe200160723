/**
 * What judging a response takes and what follows from it for its record, in the parts that
 * `evaluate` and `sample` share: which questions are asked, one response judged, the record
 * settled by what all of them got.
 */
import { rejectFor } from '../errors.js'
import type { Ledger } from '../ledger.js'
import type { Model } from '../model/model.js'
import { judgeOnePrompt } from '../prompts/judge-one.js'
import { judgePrompt } from '../prompts/judge.js'
import { ownTextsFor } from '../prompts/prompt.js'
import type { Question, Record, Response } from '../record.js'
import type { EvaluateOptions } from '../stages/options.js'
import type { Unusable } from './ask.js'
import { withQuestions } from './forget.js'
import { judgeResponse } from './judge-response.js'
import { scoreResponse } from './score.js'
import { hasVerdict, isKnown, whyUnjudged } from './unjudged.js'

/** A response after its judge; as it was, where there was nothing to judge. */
export interface JudgedResponse {
  response: Response
  /** A call of the judge that failed, where one did. */
  failure?: Unusable | undefined
}

export interface Judge {
  /** The record with the questions that this judge is asked, and no others. */
  asked(record: Record): Record
  /** Judges response `k` of a record that `asked` gave. */
  judge(record: Record, response: Response, k: number): Promise<JudgedResponse>
}

/** @throws Failure on prompt texts it cannot read */
export const judging = (
  model: Model,
  settings: EvaluateOptions,
  ledger: Ledger,
): Judge => {
  const texts = ownTextsFor(settings.prompts, judgePrompt, judgeOnePrompt)
  return {
    asked: settings.questions === 'pass' ? passQuestionsOnly : record => record,
    judge: async (record, response, sample) => {
      const questions = record.questions ?? []
      if (!wantsJudge(response, questions, settings.again)) return { response }
      const { verdicts, failure } = await judgeResponse(
        { model, settings, texts, record, response, sample },
        questions.map(({ text }) => text),
      )
      for (const { answer } of verdicts)
        if (answer === 'unknown') ledger.note('judge.unknown')
      return { response: { ...response, verdicts }, failure }
    },
  }
}

/** Whether a response has to be judged: it is whole, and some question has no yes or no yet. */
const wantsJudge = (
  response: Response,
  questions: readonly Question[],
  again: boolean,
): boolean =>
  questions.length > 0 &&
  response.finish === 'stop' &&
  response.text.trim() !== '' &&
  (again ||
    response.verdicts?.length !== questions.length ||
    !response.verdicts.every(isKnown))

/** The paper's judge sees only what the composer added; the others are kept aside. */
const passQuestionsOnly = (record: Record): Record => {
  const unasked = record.questions?.filter(({ from }) => from !== 'pass') ?? []
  if (unasked.length === 0) return record
  const asked = record.questions?.filter(({ from }) => from === 'pass') ?? []
  return withQuestions({ ...record, unasked }, asked)
}

/**
 * The record with its judged responses, each scored. Rejected when a call of the judge failed
 * and no response has a verdict all the same.
 */
export const settled = (
  record: Record,
  judged: readonly JudgedResponse[],
  ledger: Ledger,
): Record => {
  const responses = judged.map(({ response }) => response)
  const failure = judged.find(one => one.failure)?.failure
  if (failure && !responses.some(hasVerdict))
    return { ...record, reject: rejectFor('evaluate', failure) }
  const answered = scored({ ...record, responses })
  const why = whyUnjudged(answered)
  if (why) ledger.unjudged(answered, why)
  return answered
}

/** `pass` on each response, worked out anew: a stored one counts for nothing. */
export const scored = (record: Record): Record =>
  record.responses
    ? {
        ...record,
        responses: record.responses.map(response => ({
          ...response,
          pass: scoreResponse(record.questions, response) === 'pass',
        })),
      }
    : record
