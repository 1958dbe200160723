/**
 * A record as it was before the stages of a recipe had it, for one that is tried again. What
 * tells the two apart is the recipe: fields that one of its stages adds are forgotten, all
 * others came with the record and stay, those that we do not know included. Rejection sampling
 * keeps the questions and the harder query it was given; a recipe that composes makes its own.
 */
import { z } from 'zod'
import type { Addition } from '../ledger.js'
import { Constraint, Question, type Record } from '../record.js'

export interface Recipe {
  adds: ReadonlySet<Addition>
  /** A stage of somebody else's may have changed the query, and would change it twice. */
  ours: boolean
}

/** Without its reject. Passes and constraints go, wherever they came from, if the recipe adds such. */
export const beginAgain = (record: Record, { adds, ours }: Recipe): Record => {
  const { reject: _reject, ...begun } = record
  if (adds.has('verdicts')) askedAll(begun)
  if (adds.has('passes')) withoutPasses(begun)
  if (adds.has('constraints')) {
    keepQuestions(begun, ({ from }) => from !== 'seed')
    delete begun.constraints
    delete begun.decomposed
  }
  if (adds.has('responses')) delete begun.responses
  if (!ours) begun.query = composedQuery(begun) ?? begun.seed.query
  return begun
}

/** What the passes that a record keeps have made of its query. */
const composedQuery = (record: Record): string | undefined =>
  record.passes?.at(-1)?.after ?? simplifiedBy(record)?.without

/** `simplified` and `unasked` are no fields of a record: in another form they are not ours. */
const simplifiedBy = (record: Record): Constraint | undefined =>
  Constraint.safeParse(record['simplified']).data

const Unasked = z.array(Question)

/** The questions that a judge of pass questions only had put aside. */
const askedAll = (record: Record): void => {
  const aside = Unasked.safeParse(record['unasked']).data
  if (!aside) return
  record.questions = [...aside, ...(record.questions ?? [])]
  delete record['unasked']
}

const withoutPasses = (record: Record): void => {
  const { passes = [], decomposed, seed } = record
  const simplified = simplifiedBy(record)
  const asked = new Set(passes.map(({ question }) => question))
  keepQuestions(record, ({ from, text }) => from !== 'pass' || !asked.has(text))
  if (simplified) {
    record.query = decomposed ?? seed.query
    // It was the last constraint's, and none of the passes are left behind it.
    const question: Question = { text: simplified.question, from: 'seed' }
    record.questions = [...(record.questions ?? []), question]
    delete record['simplified']
  } else record.query = passes[0]?.before ?? record.query
  delete record.passes
  delete record['composed']
}

/** A list of none is left out, as it was before the first was added. */
const keepQuestions = (record: Record, isKept: (one: Question) => boolean): void => {
  const questions = record.questions?.filter(isKept)
  if (questions?.length) record.questions = questions
  else delete record.questions
}
