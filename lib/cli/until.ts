/**
 * `--until`: what it goes together with. Samples that were never drawn cannot be chosen from, so
 * whatever needs all of them is refused before anything is paid for.
 */
import { Failure } from '../errors.js'
import type { FilterOptions, RowShape, SampleOptions } from '../stages/options.js'

type Until = SampleOptions['until']
type Wanted = Pick<FilterOptions, 'as' | 'also' | 'pick' | 'pair'>

const ofOne: readonly RowShape[] = ['sft', 'messages']
const ofPairs: readonly RowShape[] = ['dpo', 'preference']

/**
 * `pass` is for rows of one response, `pair` for rows of pairs. Rows of one response may stand
 * beside those of pairs: of what `pair` draws the first that passes is the first of all samples.
 * Composer rows take no responses and may stand beside either.
 * @throws Failure usage that says what to give instead
 */
export const checkUntil = (until: Until, { as, also, pick, pair }: Wanted): void => {
  if (until === 'all') return
  const shapes = [as, ...also]
  const given = (some: readonly RowShape[]) =>
    shapes.filter(shape => some.includes(shape))
  const [singles, pairs] = [given(ofOne), given(ofPairs)]
  const aim = until === 'pass' ? ofOne : ofPairs

  if (until === 'pass' && pairs.length > 0)
    throw refused(
      `--until pass stops at the first response that passes and looks for none to set against it, as ${pairs.join(' and ')} rows need. Give --until pair, or leave --until out.`,
    )
  if (given([...aim, 'record']).length === 0)
    throw refused(
      `--until ${until} is for rows of the shape ${aim.join(', ')} or record, got ${shapes.join(' and ')}. Give --as ${aim[0]}${singles.length > 0 ? ' or --until pass' : ''}, or leave --until out.`,
    )
  if (singles.length > 0 && pick !== 'first')
    throw refused(
      `--until ${until} draws no more samples than it needs, and --pick ${pick} chooses among all of them. Give --pick first, or leave --until out.`,
    )
  if (pairs.length > 0 && pair !== 'margin')
    throw refused(
      `--until pair ends with the first pair that is fair by --pair margin, and --pair ${pair} chooses among all samples. Give --pair margin, or leave --until out.`,
    )
}

const refused = (message: string): Failure => new Failure('usage', message)
