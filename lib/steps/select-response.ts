/** Which passing response becomes a row, where several pass. */
import type { FilterOptions } from '../stages/options.js'
import type { Scored } from './score.js'

/**
 * `first`: the first sample that passes, as if sampling had stopped there. `shortest`: the one
 * with the fewest characters, the earlier of equals. Undefined where none passes: the reference
 * then writes the last one all the same (its defect S1).
 */
export const selectResponse = (
  scored: readonly Scored[],
  pick: FilterOptions['pick'],
): Scored | undefined => {
  const passing = scored.filter(({ score }) => score === 'pass')
  if (pick === 'first') return passing[0]
  return passing.reduce<Scored | undefined>(
    (best, one) =>
      best && best.response.text.length <= one.response.text.length ? best : one,
    undefined,
  )
}
