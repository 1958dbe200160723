import { PassThrough, Readable } from 'node:stream'
import t from 'tap'
import { hasMore } from '../../lib/flow/has-more.js'

const never = new AbortController().signal
const objects = () => new PassThrough({ objectMode: true })

t.test('an item that is there is seen, and still there for who reads', async t => {
  const source = Readable.from([{ n: 1 }, { n: 2 }])
  t.equal(await hasMore(source, never), true)
  t.same(await source.toArray(), [{ n: 1 }, { n: 2 }])
})

t.test('an item that comes late is waited for', async t => {
  const source = objects()
  const more = hasMore(source, never)
  setImmediate(() => source.write('late'))
  t.equal(await more, true)
  t.equal(source.read(), 'late')
})

t.test('an end without an item is none', async t => {
  t.equal(await hasMore(Readable.from([]), never), false)
  const source = objects()
  setImmediate(() => source.end())
  t.equal(await hasMore(source, never), false)
})

t.test('what breaks the readable is told', async t => {
  const source = objects()
  setImmediate(() => source.destroy(new Error('the disk')))
  await t.rejects(hasMore(source, never), { message: 'the disk' })
})

t.test('who stops waiting is let go, and nothing listens on', async t => {
  const source = objects()
  const before = source.eventNames()
  const stop = new AbortController()
  const more = hasMore(source, stop.signal)
  stop.abort(new Error('enough'))
  await t.rejects(more, { message: 'enough' })
  await t.rejects(hasMore(source, stop.signal), { message: 'enough' })
  t.same(source.eventNames(), before)
})
