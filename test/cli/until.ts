import t from 'tap'
import { checkUntil } from '../../lib/cli/until.js'
import type { FilterOptions } from '../../lib/stages/options.js'

const wanted = (more: Partial<FilterOptions> = {}) => ({
  as: 'sft' as const,
  also: [],
  pick: 'first' as const,
  pair: 'margin' as const,
  ...more,
})
const refused = (message: RegExp) => ({ code: 'usage', message })

t.test('without --until every shape and choice goes', async t => {
  checkUntil('all', wanted({ as: 'dpo', also: ['sft'], pick: 'shortest', pair: 'last' }))
  t.pass()
})

t.test('what waves can serve goes', async t => {
  checkUntil('pass', wanted())
  checkUntil('pass', wanted({ as: 'messages', also: ['sft', 'record', 'composer'] }))
  checkUntil('pass', wanted({ as: 'record', pick: 'shortest', pair: 'last' }))
  checkUntil('pair', wanted({ as: 'dpo' }))
  checkUntil('pair', wanted({ as: 'preference', also: ['dpo', 'record', 'composer'] }))
  checkUntil('pair', wanted({ as: 'record', pick: 'shortest', pair: 'last' }))
  t.pass()
})

t.test(
  'the first that passes is known before the pair is: SFT rows may go beside',
  async t => {
    checkUntil('pair', wanted({ as: 'sft', also: ['dpo'] }))
    t.throws(
      () => checkUntil('pair', wanted({ as: 'dpo', also: ['sft'], pick: 'shortest' })),
      refused(/--pick shortest chooses among all.*Give --pick first/),
    )
  },
)

t.test('pairs are refused where sampling stops at the first pass', async t => {
  t.throws(
    () => checkUntil('pass', wanted({ also: ['dpo'] })),
    refused(/--until pass .* as dpo rows need\. Give --until pair/),
  )
})

t.test('the shortest of samples that were never drawn is refused', async t => {
  t.throws(
    () => checkUntil('pass', wanted({ pick: 'shortest' })),
    refused(/--pick shortest.*Give --pick first/),
  )
})

t.test('the last pair of samples that were never drawn is refused', async t => {
  t.throws(
    () => checkUntil('pair', wanted({ as: 'dpo', pair: 'last' })),
    refused(/--pair last chooses among all samples\. Give --pair margin/),
  )
})

t.test('looking for pairs that nobody writes is refused', async t => {
  t.throws(
    () => checkUntil('pair', wanted()),
    refused(/dpo, preference or record, got sft\. Give --as dpo or --until pass/),
  )
})

t.test('rows that take no responses are nothing to sample for', async t => {
  t.throws(
    () => checkUntil('pass', wanted({ as: 'composer' })),
    refused(/got composer\. Give --as sft, or leave --until out/),
  )
})
