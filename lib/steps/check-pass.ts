/**
 * Whether what a composer wrote is a harder version of the query, with a question about what was
 * added. The reference refuses an equal text and two leaked phrases; the rest are its open
 * defects C6 and C10. Thresholds: tried on real prompts with constraints appended (3,517, none
 * refused), on rewrites by hand, and on unrelated prompts of the same corpora.
 */
import { maxQuestionLength } from '../prompts/question.js'
import {
  containment,
  countsOf,
  mostlyUnspaced,
  stemsOf,
  wordsBeyond,
  wordsOf,
} from './overlap.js'

export const passFlaws = [
  'empty',
  'no_question',
  'long_question',
  'unchanged',
  'leaked',
  'lost_task',
  'lost_constraint',
  'run_away',
  'unrelated_question',
  'duplicate_question',
] as const
export type PassFlaw = (typeof passFlaws)[number]

export interface PassDraft {
  before: string
  after: string
  question: string
  /** Questions the record carries already. */
  asked: readonly string[]
  /** The words that each constraint put into the query: they must not go again. */
  held?: readonly (readonly string[])[]
}

export const passFlaw = (draft: PassDraft): PassFlaw | undefined => {
  const { before, after, question, asked, held = [] } = draft
  if (after === '') return 'empty'
  if (question === '') return 'no_question'
  if (question.length > maxQuestionLength) return 'long_question'
  const [old, now, questionWords] = [wordsOf(before), wordsOf(after), wordsOf(question)]
  const added = wordsBeyond(now, old)
  const related = meet(added, questionWords)
  // One word may be a constraint ("briefly"), if the question is about it.
  if (added.length === 0 || (added.length === 1 && !related)) return 'unchanged'
  if (leaks(after, before) || leaks(question, before)) return 'leaked'
  if (after.includes(question)) return 'leaked'
  const there = countsOf(now)
  if (containment(old, there) < leastKept(old)) return 'lost_task'
  if (held.some(words => containment(words, there) < 0.5)) return 'lost_constraint'
  if (after.length > 2 * before.length + 600) return 'run_away'
  if (!related) return 'unrelated_question'
  if (asked.some(other => alike(questionWords, wordsOf(other))))
    return 'duplicate_question'
  return undefined
}

/**
 * How much of the old words a rewrite keeps at least. A short prompt may be turned round ("What
 * are …" into "List five …"); a long one that lost a tenth has lost a part of its task.
 */
const leastKept = (words: readonly string[]): number =>
  mostlyUnspaced(words) ? 0.4 : words.length <= 12 ? 0.5 : words.length <= 40 ? 0.7 : 0.9

/** Whether two texts have a beginning of a word in common. */
const meet = (a: readonly string[], b: readonly string[]): boolean => {
  const stems = stemsOf(b)
  return [...stemsOf(a)].some(stem => stems.has(stem))
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
  'harder prompt',
  'yes/no question',
  '<prompt>',
  '</prompt>',
  '<checks>',
  '<kind>',
  '"constraint":',
]

const leaks = (text: string, before: string): boolean => {
  const here = text.toLowerCase()
  const found = leaked.filter(phrase => here.includes(phrase))
  if (found.length === 0) return false
  const there = before.toLowerCase()
  return found.some(phrase => !there.includes(phrase))
}

const alike = (a: readonly string[], b: readonly string[]): boolean =>
  2 * (a.length - wordsBeyond(a, b).length) >= 0.95 * (a.length + b.length)
