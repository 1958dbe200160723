/**
 * Has one response judged: groups of questions, and once more for those that the first reply
 * left open. Whatever is then still missing, odd, cut off or unreadable is unknown.
 */
import type { Model } from '../model/model.js'
import { judgeOnePrompt } from '../prompts/judge-one.js'
import { judgePrompt } from '../prompts/judge.js'
import type { PromptTexts } from '../prompts/own-texts.js'
import { ordinalOf, type Record, type Response, type Verdict } from '../record.js'
import type { EvaluateOptions } from '../stages/options.js'
import { sideBySide } from './side-by-side.js'
import { ask, isReadingFailure, type Asking, type Unusable } from './ask.js'

/** Questions one call may carry: beyond that a judge loses count, and a grammar its compiler. */
export const questionsPerCall = 20

/** Calls about one response that are open at the same time. */
export const callsAtOnce = 8

export interface Judging {
  model: Model
  settings: EvaluateOptions
  texts: PromptTexts
  record: Record
  response: Response
  /** Which of the K responses this is; part of the seed. */
  sample: number
}

export interface Judged {
  /** One for each question, in their order. */
  verdicts: Verdict[]
  /** A call that failed, where one did; its questions are unknown. */
  failure?: Unusable | undefined
}

export const judgeResponse = async (
  judging: Judging,
  questions: readonly string[],
): Promise<Judged> => {
  const size = judging.settings.judge === 'apart' ? 1 : questionsPerCall
  const groups = Array.from({ length: Math.ceil(questions.length / size) }, (_, i) =>
    questions.slice(i * size, (i + 1) * size),
  )
  let failure: Unusable | undefined
  const judged = await sideBySide(groups, callsAtOnce, async (group, i) => {
    // Without one verdict the others decide nothing.
    if (failure) return group.map((): Verdict => ({ answer: 'unknown' }))
    const { verdicts, failure: failed } = await judgeGroup(judging, group, i)
    failure ??= failed
    return verdicts
  })
  return { verdicts: judged.flat(), failure }
}

const judgeGroup = async (
  judging: Judging,
  questions: readonly string[],
  group: number,
): Promise<Judged> => {
  const first = await askOnce(judging, questions, group, 0)
  const verdicts = [...first.verdicts]
  const open = questions.flatMap((_, i) => (verdicts[i] ? [] : [i]))
  let { failure } = first
  if (open.length > 0 && !failure) {
    const left = open.map(i => questions[i] ?? '')
    const again = await askOnce(judging, left, group, 1)
    for (const [j, i] of open.entries()) verdicts[i] = again.verdicts[j]
    failure = again.failure
  }
  return {
    verdicts: questions.map((_, i) => verdicts[i] ?? { answer: 'unknown' }),
    failure,
  }
}

/** One call. Verdicts are missing where the reply has none that is clear. */
const askOnce = async (
  { model, settings, texts, record, response, sample }: Judging,
  questions: readonly string[],
  group: number,
  attempt: number,
): Promise<{ verdicts: (Verdict | undefined)[]; failure?: Unusable }> => {
  const { query: prompt, system, history } = record
  const input = { prompt, response: response.text, system, history }
  const asking: Asking = {
    label: 'judge',
    rank: ordinalOf(record.id),
    seed: settings.seed,
    stage: `judge/${attempt}`,
    pass: group,
    sample,
    // Asked again as before, a greedy judge answers as before.
    temperature: attempt === 0 ? 0 : 0.3,
    maxTokens: settings.maxTokens * (attempt + 1),
    tries: 1,
  }
  if (settings.judge === 'apart') {
    const question = questions[0] ?? ''
    const answer = await ask(model, judgeOnePrompt, { ...input, question }, asking, texts)
    return answer.ok ? { verdicts: [answer.value] } : failed(answer)
  }
  const answer = await ask(
    model,
    judgePrompt,
    { ...input, questions: [...questions] },
    asking,
    texts,
  )
  return answer.ok
    ? { verdicts: questions.map((_, i) => answer.value[String(i + 1)]) }
    : failed(answer)
}

/** A reply that cannot be read leaves its questions open; a failed call says so besides. */
const failed = (answer: Unusable) => ({
  verdicts: [],
  ...(isReadingFailure(answer.code) ? {} : { failure: answer }),
})
