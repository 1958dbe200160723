import t from 'tap'
import { checkRecipe, type Given } from '../../lib/cli/check-recipe.js'
import { accountedIn, Ledger } from '../../lib/ledger.js'

const given = (more: Partial<Given> = {}): Given => ({
  recipe: 'mine.mjs',
  until: 'all',
  also: [],
  ...more,
})

/** As if a recipe with these stages was just built. */
const built =
  ({ until, settled = true }: { until?: string; settled?: boolean }) =>
  (asked: Given) => {
    const ledger = new Ledger()
    if (until) ledger.until = until
    ledger.settled = settled
    return accountedIn(ledger, () => checkRecipe(asked))
  }

t.test('a recipe that draws all samples all the same is refused', async t => {
  t.equal(built({})(given()), undefined)
  t.equal(built({ until: 'pass' })(given({ until: 'pass' })), undefined)
  for (const recipe of [{}, { until: 'all' }, { until: 'pair' }])
    t.throws(() => built(recipe)(given({ until: 'pass' })), {
      code: 'usage',
      message: /the recipe mine\.mjs does not .* sample\(model, options\.sample\)/,
    })
})

t.test('one without a filter says that --as is not heeded', async t => {
  t.match(
    built({ settled: false })(given()),
    /^The recipe mine\.mjs has no filter: .* --as/,
  )
})

t.test('and is refused where the file of --also would stay empty', async t => {
  t.throws(() => built({ settled: false })(given({ also: ['dpo'] })), {
    code: 'usage',
    message: /--also dpo: the recipe mine\.mjs has no filter/,
  })
})
