import _ from 'highland'
import t from 'tap'
import { record } from '../../fixtures/connected.js'
import { accountedIn, Ledger } from '../../lib/ledger.js'
import type { Record } from '../../lib/record.js'
import { eligible } from '../../lib/stages/eligible.js'
import type { FilterOptions } from '../../lib/stages/options.js'

const through = async (records: Record[], options: Partial<FilterOptions> = {}) => {
  const ledger = new Ledger()
  const stage = accountedIn(ledger, () => eligible(options))
  const out = await new Promise<Record[]>(resolve =>
    _(records).through(stage).toArray(resolve),
  )
  return { ledger, out }
}
const plain = record('Why is the sky blue?')
const asked = record('Why? Briefly.', {
  questions: [{ text: 'Is it brief?', from: 'seed' }],
})

t.test('no responses are paid for where nothing could be judged', async t => {
  const { ledger, out } = await through([plain, asked])
  t.same(out, [asked])
  t.same(ledger.filtered, { no_questions: 1 })
})

t.test(
  'records with too few passes are let go with the code that filter gives',
  async t => {
    const { ledger, out } = await through([asked], { minPasses: 1 })
    t.same(out, [])
    t.same(ledger.filtered, { few_passes: 1 })
  },
)

t.test('when records themselves are wanted, all go on', async t => {
  t.equal((await through([plain], { as: 'record' })).out.length, 1)
  t.equal((await through([plain], { as: 'sft', also: ['record'] })).out.length, 1)
  t.equal((await through([plain], { as: 'composer' })).out.length, 1)
})

t.test('a reject goes on to be counted and written where rejects are', async t => {
  const marked = { ...plain, reject: { stage: 'parse', code: 'bad_json', message: 'm' } }
  t.same((await through([marked])).out, [marked])
})
