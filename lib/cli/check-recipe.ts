/**
 * What a recipe does with the options that were given. One that goes unheeded is refused where
 * it would cost calls or leave a file empty, and told where it only changes the shape of rows.
 */
import { Failure } from '../errors.js'
import { currentLedger } from '../ledger.js'
import type { FilterOptions, SampleOptions } from '../stages/options.js'

export interface Given {
  recipe: string
  until: SampleOptions['until']
  also: FilterOptions['also']
}

/**
 * For the recipe that was just built. Answers a line for people, where one is due.
 * @throws Failure usage where no stage of it samples as `--until` says, or makes the rows of `--also`
 */
export const checkRecipe = ({ recipe, until, also }: Given): string | undefined => {
  const ledger = currentLedger()
  if (until !== 'all' && ledger.until !== until)
    throw new Failure(
      'usage',
      `--until ${until}: the recipe ${recipe} does not sample in waves. Leave --until out; in a recipe of your own, put sample(model, options.sample) in the place of generate and evaluate.`,
    )
  if (ledger.settled) return undefined
  if (also.length > 0)
    throw new Failure(
      'usage',
      `--also ${also[0]}: the recipe ${recipe} has no filter, which makes such rows. Leave --also out; in a recipe of your own, put filter(options.filter) at its end.`,
    )
  return `The recipe ${recipe} has no filter: what it passes on is written as it is, and --as and its like are not heeded.`
}
