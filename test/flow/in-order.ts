import _ from 'highland'
import t from 'tap'
import { collectAll } from '../../fixtures/collect.js'
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

t.test('a consumer that stops reading stops the source within the window', async t => {
  let read = 0
  const source = _<number>((push, next) => {
    push(null, read++)
    next()
  })
  const out: number[] = []
  source
    .through(inOrder(2, async n => n))
    .consume<number>((_error, n, _push, next) => {
      out.push(n as number)
      if (out.length < 3) next()
    })
    .resume()
  for (let i = 0; i < 200; i++) await turn()
  t.same(out, [0, 1, 2])
  t.ok(read <= 3 + 2 * slotsPerCall + 2, `${read} read`)
})

t.test('a rejection leaves no gap that those behind it wait in', async t => {
  const { values, errors } = await collectAll(
    _([1, 2, 3]).through(
      inOrder(1, async n => {
        if (n === 2) throw new Error('bug')
        return n
      }),
    ),
  )
  t.same(values, [1, 3])
  t.match(errors, [{ message: 'bug' }])
})
