/** Judges the responses of one record, each by itself, and scores them by their verdicts. */
import { reject } from '../errors.js'
import { Ledger } from '../ledger.js'
import type { Model } from '../model/model.js'
import { judgeOnePrompt } from '../prompts/judge-one.js'
import { judgePrompt } from '../prompts/judge.js'
import { ownTextsFor } from '../prompts/prompt.js'
import type { Question, Record, Response, Verdict } from '../record.js'
import { evaluateOptions, type EvaluateOptions } from '../stages/options.js'
import type { Unusable } from './ask.js'
import { withQuestions } from './forget.js'
import { judgeResponse } from './judge-response.js'
import { scoreResponse } from './score.js'

/**
 * Records without questions, and responses that did not end by themselves, are not judged: the
 * first never pass vacuously, the second never pass at all. A judge's call that fails leaves its
 * response unknown; only when none has a verdict because of it is the record rejected.
 */
export const evaluateRecord = (
  model: Model,
  options: Partial<EvaluateOptions> = {},
  ledger = new Ledger(),
): ((record: Record) => Promise<Record>) => {
  const settings = evaluateOptions.parse(options)
  const texts = ownTextsFor(settings.prompts, judgePrompt, judgeOnePrompt)

  return async given => {
    const record = settings.questions === 'pass' ? passQuestionsOnly(given) : given
    const questions = record.questions ?? []
    if (questions.length === 0) return scored(record)
    const asked = questions.map(({ text }) => text)

    const failures: Unusable[] = []
    const responses = await Promise.all(
      (record.responses ?? []).map(async (response, sample) => {
        if (!wantsJudge(response, questions, settings.again)) return response
        const judging = { model, settings, texts, record, response, sample }
        const { verdicts, failure } = await judgeResponse(judging, asked)
        if (failure) failures.push(failure)
        for (const { answer } of verdicts)
          if (answer === 'unknown') ledger.note('judge.unknown')
        return { ...response, verdicts }
      }),
    )
    const [failure] = failures
    if (failure && !responses.some(({ verdicts }) => verdicts?.some(isKnown))) {
      return {
        ...record,
        reject: reject('evaluate', failure.code, failure.message, failure.raw),
      }
    }
    return scored({ ...record, responses })
  }
}

const scored = (record: Record): Record =>
  record.responses
    ? {
        ...record,
        responses: record.responses.map(response => ({
          ...response,
          pass: scoreResponse(record.questions, response) === 'pass',
        })),
      }
    : record

const isKnown = ({ answer }: Verdict): boolean => answer !== 'unknown'

/** Whether a response has to be judged: it is whole, and some question has no yes or no yet. */
const wantsJudge = (
  response: Response,
  questions: readonly Question[],
  again: boolean,
): boolean =>
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
