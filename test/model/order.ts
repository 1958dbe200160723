import t from 'tap'
import { afterInput, type Order, whileInputLasts } from '../../lib/model/order.js'

const calls = [
  { label: 'generate', rank: 0, arrival: 0 },
  { label: 'judge', rank: 1, arrival: 1 },
  { label: 'compose', rank: 9, arrival: 2 },
  { label: 'decompose', rank: 8, arrival: 3 },
  { label: 'judge', rank: 0, arrival: 4 },
  { label: 'generate', rank: 0, arrival: 5 },
]
const sorted = (order: Order) =>
  calls.toSorted(order).map(({ label, rank }) => `${label} ${rank}`)

t.test(
  'while records come in, prompts are made ahead and records brought to their end',
  async t => {
    t.strictSame(sorted(whileInputLasts), [
      'decompose 8',
      'compose 9',
      'judge 0',
      'judge 1',
      'generate 0',
      'generate 0',
    ])
  },
)

t.test('after the last record the longest way to go comes first', async t => {
  t.strictSame(sorted(afterInput), [
    'decompose 8',
    'compose 9',
    'generate 0',
    'generate 0',
    'judge 0',
    'judge 1',
  ])
})

t.test(
  'of one kind the older record goes first, and of one record the older call',
  async t => {
    const same = [
      { label: 'custom', rank: 3, arrival: 0 },
      { label: 'custom', rank: 1, arrival: 2 },
      { label: 'custom', rank: 1, arrival: 1 },
    ]
    for (const order of [whileInputLasts, afterInput])
      t.strictSame(
        same.toSorted(order).map(({ arrival }) => arrival),
        [1, 2, 0],
      )
  },
)
