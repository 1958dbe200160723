import { Readable } from 'node:stream'
import _ from 'highland'
import t from 'tap'
import { collectAll } from '../../fixtures/collect.js'
import { fromNode } from '../../lib/flow/from-node.js'
import { inFlight } from '../../lib/flow/in-flight.js'

/** Work that ends when the test says so. */
const byHand = () => {
  const open = new Map<number, (result: number) => void>()
  return {
    open,
    work: (item: number) => new Promise<number>(resolve => open.set(item, resolve)),
    async end(item: number) {
      open.get(item)?.(item)
      open.delete(item)
      await turn()
    },
  }
}
const turn = () => new Promise(resolve => setImmediate(resolve))

t.test('no more than the window is open at once, however slow the work', async t => {
  const { open, work, end } = byHand()
  const out: number[] = []
  _([1, 2, 3, 4, 5][Symbol.iterator]() as Iterator<number>)
    .through(inFlight(2, work))
    .each(n => void out.push(n))
  await turn()
  t.same([...open.keys()], [1, 2])
  await end(2)
  t.same([...open.keys()], [1, 3])
  await end(3)
  await end(1)
  t.same([...open.keys()].toSorted(), [4, 5])
  await end(4)
  await end(5)
  t.same(out, [2, 3, 1, 4, 5])
})

t.test(
  'a result leaves as soon as it is ready, not when the next item comes',
  async t => {
    const { work, end } = byHand()
    const source = _<number>()
    const out: number[] = []
    source.through(inFlight(4, work)).each(n => void out.push(n))
    source.write(1)
    await turn()
    await end(1)
    t.same(out, [1])
    source.end()
  },
)

t.test('a consumer that stops reading stops the source within the window', async t => {
  let taken = 0
  const source = _<number>((push, next) => {
    push(null, taken++)
    if (taken > 10_000) push(null, _.nil)
    else next()
  })
  const out: number[] = []
  let more: (() => void) | undefined
  source
    .through(inFlight(8, async n => n))
    .consume<number>((error, n, push, next) => {
      t.error(error)
      if (_.isNil(n)) return push(null, _.nil)
      out.push(n as number)
      if (out.length === 3) more = next
      else next()
    })
    .resume()
  for (let i = 0; i < 50; i++) await turn()
  t.equal(out.length, 3)
  t.ok(taken <= 3 + 8 + 2, `${taken} taken from the source`)
  t.ok(more)
})

t.test('a rejection is an error of the stream, not of the process', async t => {
  const errors: Error[] = []
  const out = await new Promise<number[]>(resolve =>
    _([1, 2, 3])
      .through(
        inFlight(1, async n => {
          if (n === 2) throw new Error('bug')
          return n
        }),
      )
      .errors(error => void errors.push(error))
      .toArray(resolve),
  )
  t.same(out, [1, 3])
  t.match(errors, [{ message: 'bug' }])
})

t.test(
  'a window that grows takes more at once, one that shrinks lets run out',
  async t => {
    const { open, work, end } = byHand()
    let window = 1
    let read = 0
    _<number>((push, next) => {
      push(null, ++read)
      next()
    })
      .through(inFlight(() => window, work))
      .each(() => {})
    await turn()
    t.same([...open.keys()], [1])
    window = 4
    await end(1)
    t.same([...open.keys()], [2, 3, 4, 5])
    window = 2
    await end(2)
    await end(3)
    t.same([...open.keys()], [4, 5])
    await end(4)
    t.same([...open.keys()], [5, 6])
  },
)

t.test('nothing is read before somebody asks', async t => {
  let read = 0
  const stage = inFlight(4, async (n: number) => n)
  const source = _<number>((push, next) => {
    push(null, read++)
    next()
  })
  const stream = source.through(stage)
  await turn()
  t.equal(read, 0)
  await new Promise<void>(done =>
    stream.pull((_error, n) => {
      t.equal(n, 0)
      done()
    }),
  )
})

t.test(
  'results that end while nobody takes them do not start the reading again',
  async t => {
    const { open, work, end } = byHand()
    let read = 0
    const source = _<number>((push, next) => {
      push(null, ++read)
      next()
    })
    const out: number[] = []
    source
      .through(inFlight(4, work))
      .map(n => n)
      .consume<number>((_error, n, _push, _next) => void out.push(n as number))
      .resume()
    await turn()
    for (let left = 4; left > 0; left--) await end([...open.keys()][0] as number)
    while (open.size > 0) await end([...open.keys()][0] as number)
    t.same(out, [1], 'it took one and stopped')
    t.ok(read <= 1 + 4 + 2, `${read} read`)
  },
)

t.test(
  'the end of the source is told at once, while its last items are open',
  async t => {
    const { open, work, end } = byHand()
    let ended = 0
    const out: number[] = []
    _([1, 2])
      .through(inFlight(4, work, { onSourceEnd: () => void ended++ }))
      .each(n => void out.push(n))
    await turn()
    t.same([...open.keys()], [1, 2])
    t.equal(ended, 1)
    await end(1)
    await end(2)
    t.same(out, [1, 2])
    t.equal(ended, 1)
  },
)

t.test(
  'destroyed with work open: the source is let go, late results are dropped',
  async t => {
    const { open, work, end } = byHand()
    const readable = new Readable({ objectMode: true, read() {} })
    let ended = 0
    const stream = fromNode<number>(readable).through(
      inFlight(4, work, { onSourceEnd: () => void ended++ }),
    )
    const out: unknown[] = []
    stream.each(n => void out.push(n))
    readable.push(1)
    readable.push(2)
    while (open.size < 2) await turn()
    await end(1)
    stream.destroy()
    await end(2)
    t.same(out, [1])
    t.ok(readable.destroyed)
    t.equal(ended, 0, 'a source that was cut off has not ended')
  },
)

t.test('an error of the source is passed on and counted as taken', async t => {
  const { values, errors } = await collectAll(
    _<number>(push => {
      for (const n of [1, 2, 3]) {
        push(new Error(`before ${n}`))
        push(null, n)
      }
      push(null, _.nil)
    }).through(inFlight(2, async n => n)),
  )
  t.same(values.toSorted(), [1, 2, 3])
  t.equal(errors.length, 3)
})

t.test('once a quarter of the window waits to be taken, no more is read', async t => {
  const { open, work, end } = byHand()
  const asked: (() => void)[] = []
  const out: number[] = []
  _(Array.from({ length: 100 }, (_, i) => i))
    .through(inFlight(8, work))
    .consume<never>((_error, item, _push, next) => {
      if (!_.isNil(item)) out.push(item as number)
      asked.push(next)
    })
    .resume()
  await turn()
  for (const item of [0, 1, 2, 3, 4]) await end(item)
  t.same([out, open.size], [[0], 4], 'one is taken and replaced, four wait')
  asked.shift()?.()
  await turn()
  t.same([out, open.size], [[0, 1], 4], 'three wait: none is read for the one taken')
  asked.shift()?.()
  await turn()
  t.same([out, open.size], [[0, 1, 2], 6], 'two wait: the window fills up again')
})
