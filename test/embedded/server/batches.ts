import t from 'tap'
import { inTurns } from '../../../lib/embedded/server/batches.js'

const item = (length: number) => ({ tokens: Array<number>(length).fill(1) })

t.test('answers advance together', async t => {
  const items = [item(1), item(1)]
  t.same(inTurns()({ items }), [
    { item: items[0], processAmount: 1 },
    { item: items[1], processAmount: 1 },
  ])
})

t.test('a piece of a prompt is read alone and whole', async t => {
  const piece = item(64)
  t.same(inTurns()({ items: [item(1), piece, item(64)] }), [
    { item: piece, processAmount: 64 },
  ])
})

t.test('long prompts and answers take turns', async t => {
  const next = inTurns()
  const items = [item(64), item(1)]
  const steps = [1, 2, 3, 4].map(() => next({ items })[0]?.processAmount)
  t.same(steps, [64, 1, 64, 1])
})

t.test('prompts alone follow one another', async t => {
  const next = inTurns()
  const items = [item(64), item(20)]
  t.same(
    [1, 2].map(() => next({ items })[0]?.processAmount),
    [64, 64],
  )
})
