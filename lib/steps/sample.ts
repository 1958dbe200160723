/**
 * Draws responses to one record and judges each as soon as it is there, without waiting for its
 * siblings, and with `until` no more of them than are needed: where most answers pass, one row a
 * record does not take K of them and K calls of the judge.
 */
import { currentLedger } from '../ledger.js'
import type { Model, Outcome, Roles } from '../model/model.js'
import type { Record, Response } from '../record.js'
import {
  evaluateOptions,
  generateOptions,
  sampleOptions,
  type SampleInput,
  type SampleOptions,
} from '../stages/options.js'
import { drawing, responseOf, withResponses } from './draw.js'
import { judging, settled, type JudgedResponse } from './judge.js'
import { isEligible, scoreRecord, type Scored } from './score.js'
import { selectPair } from './select-pair.js'
import { selectResponse } from './select-response.js'
import { wavesFor } from './waves.js'

/** One model for both, or one each. */
export type SampleModels = Model | Pick<Roles, 'generate' | 'judge'>

/**
 * `all`: the record that `generateRecord` and then `evaluateRecord` give, by the same requests.
 * `pass` and `pair`: the first samples of it, in waves, up to the wave in which one passes, or
 * in which two make a fair pair (`--pair margin`); all K where none does. `responses` holds what
 * was drawn, by the seeds that all K have, so that the first that passes is the same one. A
 * call that fails ends nothing early. A record without questions can never pass: none are drawn.
 */
export const sampleRecord = (
  models: SampleModels,
  options: SampleInput = {},
  ledger = currentLedger(),
): ((record: Record) => Promise<Record>) => {
  ledger.adds.add('responses').add('verdicts')
  const { until, waves, generate, evaluate, seed, prompts } = sampleOptions.parse(options)
  const [writer, judgeModel] = bothOf(models)
  const drawFor = drawing(writer, generateOptions.parse({ ...generate, seed, prompts }))
  const { asked, judge } = judging(
    judgeModel,
    evaluateOptions.parse({ ...evaluate, seed, prompts }),
    ledger,
  )
  const sizes = wavesFor(generate.samples, { until, waves })
  const isEnough = enough[until]

  return async given => {
    const record = asked(given)
    const draw = drawFor(given)
    const drawAndJudge = async (k: number): Promise<Sample> => {
      const outcome = await draw(k)
      return { outcome, ...(await judge(record, responseOf(outcome), k)) }
    }

    const drawn: Sample[] = []
    for (const size of until === 'all' || isEligible(record) ? sizes : []) {
      const wave = Array.from({ length: size }, (_, i) => drawAndJudge(drawn.length + i))
      drawn.push(...(await Promise.all(wave)))
      if (isEnough(scoreRecord({ ...record, responses: drawn.map(judgedOf) }))) break
    }
    const answered = withResponses(
      given,
      drawn.map(({ outcome }) => outcome),
    )
    return answered.reject ? answered : settled(asked(answered), drawn, ledger)
  }
}

interface Sample extends JudgedResponse {
  outcome: Outcome
}

const judgedOf = ({ response }: Sample): Response => response

/** By the rules that choose the rows, so that nobody stops at what they then refuse. */
const enough: { [U in SampleOptions['until']]: (scored: Scored[]) => boolean } = {
  all: () => false,
  pass: scored => selectResponse(scored, 'first') !== undefined,
  pair: scored => selectPair(scored, 'margin').pair !== undefined,
}

/** The model that writes and the one that judges. */
export const bothOf = (models: SampleModels): [generate: Model, judge: Model] =>
  'judge' in models ? [models.generate, models.judge] : [models, models]
