import t from 'tap'
import { sideBySide } from '../../lib/steps/side-by-side.js'

t.test('results stand in the order of their items, whoever ends first', async t => {
  const ends: (() => void)[] = []
  const all = sideBySide(
    ['a', 'b', 'c'],
    3,
    (item, i) => new Promise<string>(resolve => ends.push(() => resolve(item + i))),
  )
  for (const end of ends.toReversed()) end()
  t.same(await all, ['a0', 'b1', 'c2'])
})

t.test('no more than so many are open at once, and all get their turn', async t => {
  let open = 0
  let most = 0
  const done = await sideBySide(Array.from({ length: 1000 }), 7, async (_, i) => {
    most = Math.max(most, ++open)
    await Promise.resolve()
    open--
    return i
  })
  t.equal(most, 7)
  t.equal(done.at(-1), 999)
})

t.test('of nothing comes nothing', async t => {
  t.same(await sideBySide([], 5, async () => t.fail()), [])
})
