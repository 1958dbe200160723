import t from 'tap'
import { ReadyQueue } from '../../lib/model/ready-queue.js'

const ascending = (a: number, b: number): number => a - b

t.test('whatever the order of arrival, the least comes out first', async t => {
  const queue = new ReadyQueue<number>(ascending)
  let state = 1
  const items = Array.from(
    { length: 500 },
    () => (state = (state * 48271) % 2147483647) % 97,
  )
  for (const item of items) queue.push(item)
  t.equal(queue.size, 500)
  const out: number[] = []
  while (queue.size > 0) {
    t.equal(queue.peek(), queue.peek())
    out.push(queue.shift() as number)
  }
  t.strictSame(out, items.toSorted(ascending))
})

t.test('pushing between shifts keeps the order', async t => {
  const queue = new ReadyQueue<number>(ascending)
  for (const item of [5, 3, 9]) queue.push(item)
  t.equal(queue.shift(), 3)
  for (const item of [1, 7]) queue.push(item)
  t.strictSame(
    [queue.shift(), queue.shift(), queue.shift(), queue.shift(), queue.shift()],
    [1, 5, 7, 9, undefined],
  )
  t.equal(queue.peek(), undefined)
})

t.test('those that wait already follow a new order', async t => {
  const queue = new ReadyQueue<number>(ascending)
  for (const item of [5, 3, 9, 1]) queue.push(item)
  queue.reorder((a, b) => b - a)
  queue.push(7)
  t.strictSame(
    [queue.shift(), queue.shift(), queue.shift(), queue.shift(), queue.shift()],
    [9, 7, 5, 3, 1],
  )
})

t.test('one that suits is found near the front, and nothing is taken', async t => {
  const queue = new ReadyQueue<number>((a, b) => a - b)
  for (const item of [5, 3, 8, 1, 9, 2]) queue.push(item)
  t.equal(
    queue.near(10, item => item > 4 && item < 6),
    5,
  )
  t.equal(
    queue.near(1, item => item > 4),
    undefined,
    'only as far as asked',
  )
  t.equal(queue.size, 6)
  t.equal(queue.peek(), 1)
})
