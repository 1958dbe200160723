import _ from 'highland'
import t from 'tap'
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
