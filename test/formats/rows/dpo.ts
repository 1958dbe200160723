import t from 'tap'
import { multiTurn } from '../../../fixtures/multi-turn.js'
import { response } from '../../../fixtures/record-with.js'
import { dpoRow } from '../../../lib/formats/rows/dpo.js'

t.test('a row holds the bare query and both responses', async t => {
  const row = dpoRow(multiTurn, response('Cherry'), response('Plum'))
  t.same(Object.keys(row), ['id', 'seed_id', 'prompt', 'chosen', 'rejected', 'history'])
  t.match(row, { prompt: multiTurn.query, chosen: 'Cherry', rejected: 'Plum' })
  t.same(row.history[0], { from: 'human', value: "What's in stock?" })
})
