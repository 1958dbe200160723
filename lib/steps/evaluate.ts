/** Judges the responses of one record, each by itself, and scores them by their verdicts. */
import { reject } from '../errors.js'
import { Ledger } from '../ledger.js'
import type { Model } from '../model/model.js'
import { readOwnTexts } from '../prompts/own-texts.js'
import type { Question, Record, Response } from '../record.js'
import { evaluateOptions, type EvaluateOptions } from '../stages/options.js'
import type { Unusable } from './ask.js'
import { withQuestions } from './forget.js'
import { judgeResponse } from './judge-response.js'
import { scoreResponse } from './score.js'

/**
 * Records without questions, and responses that did not end by themselves, are not judged: the
 * first never pass vacuously, the second never pass at all. A judge's call that fails leaves its
 * response unknown; only when it fails for every response is the record rejected.
 */
export const evaluateRecord = (
  model: Model,
  options: Partial<EvaluateOptions> = {},
  ledger = new Ledger(),
): ((record: Record) => Promise<Record>) => {
  const settings = evaluateOptions.parse(options)
  const texts = readOwnTexts(settings.prompts)

  return async given => {
    const record = settings.questions === 'pass' ? passQuestionsOnly(given) : given
    const questions = record.questions ?? []
    if (questions.length === 0) return record
    const asked = questions.map(({ text }) => text)

    const failures: Unusable[] = []
    let judged = 0
    const responses = await Promise.all(
      (record.responses ?? []).map(async (response, sample) => {
        if (!wantsJudge(response, questions, settings.again)) return response
        judged++
        const judging = { model, settings, texts, record, response, sample }
        const { verdicts, failure } = await judgeResponse(judging, asked)
        if (failure) failures.push(failure)
        for (const { answer } of verdicts)
          if (answer === 'unknown') ledger.note('judge.unknown')
        return { ...response, verdicts }
      }),
    )
    const [failure] = failures
    if (failure && failures.length === judged) {
      return {
        ...record,
        reject: reject('evaluate', failure.code, failure.message, failure.raw),
      }
    }
    return {
      ...record,
      responses: responses.map(response => ({
        ...response,
        pass: scoreResponse(questions, response) === 'pass',
      })),
    }
  }
}

/** Whether a response has to be judged: it is whole, and its verdicts do not answer all. */
const wantsJudge = (
  response: Response,
  questions: readonly Question[],
  again: boolean,
): boolean =>
  response.finish === 'stop' &&
  response.text.trim() !== '' &&
  (again || response.verdicts?.length !== questions.length)

/** The paper's judge sees only what the composer added. */
const passQuestionsOnly = (record: Record): Record =>
  record.questions
    ? withQuestions(
        record,
        record.questions.filter(({ from }) => from === 'pass'),
      )
    : record
