/**
 * Why a constraint that a model found is no use: each reason is a defect the reference data has
 * (its drops know only "equal strings" and an empty question).
 */
import type { FoundConstraint } from '../prompts/decompose.js'
import { areSame, containment, sameWords, wordsOf } from './overlap.js'

export const constraintFlaws = [
  'empty',
  'not_removed',
  'task_lost',
  'grown',
  'duplicate',
] as const
export type ConstraintFlaw = (typeof constraintFlaws)[number]

/**
 * The rest must be made of the prompt's own words, some mending aside, and must be most of the
 * prompt: of real prompts, 99 % keep more than this when any one sentence goes.
 */
const leastOwn = 0.6
const leastLeft = 0.35

export const constraintFlaw = (
  query: string,
  found: FoundConstraint,
  others: readonly FoundConstraint[],
): ConstraintFlaw | undefined => {
  if (found.text === '' || found.without === '') return 'empty'
  const [whole, left] = [wordsOf(query), wordsOf(found.without)]
  if (areSame(whole, left)) return 'not_removed'
  if (containment(left, whole) < leastOwn || containment(whole, left) < leastLeft) {
    return 'task_lost'
  }
  if (left.length > whole.length + 4) return 'grown'
  const again = others.some(
    other => sameWords(other.text, found.text) || areSame(wordsOf(other.without), left),
  )
  return again ? 'duplicate' : undefined
}
