import t from 'tap'
import { order } from '../../lib/model/order.js'

t.test('calls of older records go first, equal ones in the order they came', async t => {
  const calls = [
    { rank: 3, arrival: 0 },
    { rank: 1, arrival: 2 },
    { rank: 1, arrival: 1 },
    { rank: 0, arrival: 3 },
  ]
  t.strictSame(
    calls.toSorted(order).map(({ arrival }) => arrival),
    [3, 1, 2, 0],
  )
})
