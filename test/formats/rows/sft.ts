import t from 'tap'
import { multiTurn } from '../../../fixtures/multi-turn.js'
import { recordWith, response } from '../../../fixtures/record-with.js'
import { sftRow } from '../../../lib/formats/rows/sft.js'

t.test(
  'a row holds the bare query, the response, both ids and two sides of history',
  async t => {
    t.same(sftRow(multiTurn, response('Cherry')), {
      id: multiTurn.id,
      seed_id: 'corpus-7',
      instruction: 'Name a red fruit in one word.',
      output: 'Cherry',
      history: [
        { from: 'human', value: "What's in stock?" },
        { from: 'gpt', value: 'Calling the shop.' },
        { from: 'human', value: '{"fruit": 3}' },
        { from: 'gpt', value: 'Fruit.' },
      ],
    })
  },
)

t.test(
  'without earlier turns the history is empty, and without a corpus id there is none',
  async t => {
    t.strictSame(sftRow(recordWith([]), response('Cherry')), {
      id: '0123456789abcdef-1',
      instruction: 'Name a red fruit in one word.',
      output: 'Cherry',
      history: [],
    })
  },
)
