/**
 * Which passing response is set against which failing one. The reference takes the last of each,
 * whatever they are (its defect S7); here the pair with the widest margin wins, and pairs that
 * would teach something else than the constraints are refused.
 */
import type { FilterOptions } from '../stages/options.js'
import type { Scored } from './score.js'
import { similarity } from './similarity.js'

export interface Pair {
  chosen: Scored
  rejected: Scored
}

export interface PairSelection {
  pair?: Pair
  /** Combinations that were looked at and refused. */
  refused: number
}

/**
 * Bounds of a fair pair, for `margin`.
 *
 * `similarity`: above it the two are near-identical. The verdicts then differ by a hair or by
 * the judge's mood, and preference training on pairs that share nearly all tokens pushes down
 * both (arXiv 2402.13228, 2410.08847). Unrelated answers to one prompt stay below 0.71 (266
 * passing and failing ones in StructFlowBench's recorded verdicts).
 *
 * `lengthRatio`: above it one answer runs away from the other, and its length is what would be
 * learnt. Nine of ten of those 266 are below 4, though most come from different models. Texts
 * under `shortLength` characters count as that long: "No." against "No, thanks." is no runaway.
 */
export const fairPair = { similarity: 0.95, lengthRatio: 4, shortLength: 100 }

/**
 * Passing and failing samples that are looked at, each: the first, and those that failed most.
 * All combinations of a record with thousands of each would fill the memory.
 */
export const mostCandidates = 64

/**
 * `margin`: most questions failed first, then the closest lengths, then the earlier samples; the
 * first combination that is fair. `last`: the last passing and the last failing, as they are.
 */
export const selectPair = (
  scored: readonly Scored[],
  by: FilterOptions['pair'],
): PairSelection => {
  const passing = scored.filter(({ score }) => score === 'pass')
  const failing = scored.filter(({ score }) => score === 'fail')
  if (by === 'last') {
    const [chosen, rejected] = [passing.at(-1), failing.at(-1)]
    return { ...(chosen && rejected && { pair: { chosen, rejected } }), refused: 0 }
  }

  const candidates = failing
    .toSorted((a, b) => b.failed - a.failed || a.index - b.index)
    .slice(0, mostCandidates)
  const pairs = passing
    .slice(0, mostCandidates)
    .flatMap(chosen => candidates.map(rejected => ({ chosen, rejected })))
    .map(pair => ({ ...pair, ratio: lengthRatio(pair) }))
    .sort(
      (a, b) =>
        b.rejected.failed - a.rejected.failed ||
        a.ratio - b.ratio ||
        a.chosen.index - b.chosen.index ||
        a.rejected.index - b.rejected.index,
    )
  let refused = 0
  for (const { chosen, rejected, ratio } of pairs) {
    if (
      ratio <= fairPair.lengthRatio &&
      similarity(chosen.response.text, rejected.response.text) <= fairPair.similarity
    ) {
      return { pair: { chosen, rejected }, refused }
    }
    refused++
  }
  return { refused }
}

const lengthRatio = ({ chosen, rejected }: Pair): number => {
  const [a, b] = [chosen, rejected].map(({ response }) =>
    Math.max(response.text.length, fairPair.shortLength),
  ) as [number, number]
  return Math.max(a, b) / Math.min(a, b)
}
