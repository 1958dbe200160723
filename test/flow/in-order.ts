import _ from 'highland'
import t from 'tap'
import { inOrder, slotsPerCall } from '../../lib/flow/in-order.js'

const turn = () => new Promise(resolve => setImmediate(resolve))

t.test('results leave in the order of the input, whichever ends first', async t => {
  const out = await new Promise<number[]>(resolve =>
    _(Array.from({ length: 200 }, (_, i) => i))
      .through(
        inOrder(7, async n => {
          for (let i = 0; i < (n * 7919) % 13; i++) await turn()
          return n
        }),
      )
      .toArray(resolve),
  )
  t.same(
    out,
    Array.from({ length: 200 }, (_, i) => i),
  )
})

t.test(
  'the slots go on working behind a slow head, up to the window and no further',
  async t => {
    let ended = 0
    let endHead: (() => void) | undefined
    const out: number[] = []
    const done = new Promise<void>(resolve => {
      _(Array.from({ length: 100 }, (_, i) => i))
        .through(
          inOrder(2, async n => {
            if (n === 0) await new Promise<void>(end => (endHead = end))
            ended++
            return n
          }),
        )
        .tap(n => out.push(n))
        .done(resolve)
    })
    for (let i = 0; i < 100; i++) await turn()
    t.equal(ended, 2 * slotsPerCall - 1)
    t.same(out, [])
    endHead?.()
    await done
    t.equal(out.length, 100)
    t.same(out.slice(0, 3), [0, 1, 2])
  },
)
