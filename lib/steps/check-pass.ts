/**
 * Whether what a composer wrote is a harder version of the query, with a question of its own.
 * The reference refuses an equal text and two leaked phrases; the rest are its open defects C6
 * and C10.
 */
import { containment, sharedWords, wordsOf } from './overlap.js'

export const passFlaws = [
  'empty',
  'no_question',
  'unchanged',
  'leaked',
  'lost_task',
  'run_away',
  'duplicate_question',
] as const
export type PassFlaw = (typeof passFlaws)[number]

export interface PassDraft {
  before: string
  after: string
  question: string
  /** Questions the record carries already. */
  asked: readonly string[]
}

export const passFlaw = ({
  before,
  after,
  question,
  asked,
}: PassDraft): PassFlaw | undefined => {
  if (after === '') return 'empty'
  if (question === '') return 'no_question'
  const [old, now] = [wordsOf(before), wordsOf(after)]
  // One new word is no new constraint: the change is in case, spacing, order or a synonym.
  if (now.length - sharedWords(now, old) < 2) return 'unchanged'
  if (leaks(after, before) || leaks(question, before)) return 'leaked'
  if (after.includes(question)) return 'leaked'
  if (containment(old, now) < 0.6) return 'lost_task'
  if (after.length > 2 * before.length + 600) return 'run_away'
  const words = wordsOf(question)
  if (asked.some(other => alike(words, wordsOf(other)))) return 'duplicate_question'
  return undefined
}

/** Words of our prompts and of the paper's that have no business in a prompt of a user's. */
const leaked = [
  'human evaluator',
  'provide the response in json format',
  'augmented query',
  'initial query',
  'evaluation question',
  'the new constraint',
  'added constraint',
  'preferred kind',
  'yes/no question',
  '<prompt>',
  '</prompt>',
  '<checks>',
  '<kind>',
  '"constraint":',
]

const leaks = (text: string, before: string): boolean => {
  const [there, here] = [before.toLowerCase(), text.toLowerCase()]
  return leaked.some(phrase => here.includes(phrase) && !there.includes(phrase))
}

const alike = (a: readonly string[], b: readonly string[]): boolean =>
  2 * sharedWords(a, b) >= 0.95 * (a.length + b.length)
