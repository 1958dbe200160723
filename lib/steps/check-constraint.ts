/**
 * Why a constraint that a model found is no use: each reason is a defect the reference data has
 * (its drops know only "equal strings" and an empty question).
 */
import type { FoundConstraint } from '../prompts/decompose.js'
import { containment, sameWords, wordsOf } from './overlap.js'

export const constraintFlaws = [
  'empty',
  'not_removed',
  'task_lost',
  'grown',
  'duplicate',
] as const
export type ConstraintFlaw = (typeof constraintFlaws)[number]

export const constraintFlaw = (
  query: string,
  found: FoundConstraint,
  others: readonly FoundConstraint[],
): ConstraintFlaw | undefined => {
  if (found.text === '' || found.without === '') return 'empty'
  if (sameWords(query, found.without)) return 'not_removed'
  const [whole, left] = [wordsOf(query), wordsOf(found.without)]
  // What is left must be made of the prompt's own words, some mending aside, and ask for something.
  if (containment(left, whole) < 0.6 || left.length < Math.min(3, whole.length)) {
    return 'task_lost'
  }
  if (left.length > whole.length + 4) return 'grown'
  if (others.some(other => sameWords(other.text, found.text))) return 'duplicate'
  return undefined
}
