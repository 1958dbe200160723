import { once } from 'node:events'
import { Readable } from 'node:stream'
import t from 'tap'
import { collect, collectAll } from '../../fixtures/collect.js'
import { fromNode } from '../../lib/flow/from-node.js'

t.test('passes on what the readable gives, and its end', async t => {
  t.same(await collect(fromNode<number>(Readable.from([1, 2, 3]))), [1, 2, 3])
})

t.test('a readable that is destroyed too early is an error, not a hang', async t => {
  const readable = new Readable({ objectMode: true, read() {} })
  const ended = collectAll(fromNode(readable))
  readable.destroy()
  t.match((await ended).errors, [{ code: 'ERR_STREAM_PREMATURE_CLOSE' }])
})

t.test('an error of the readable is an error of the stream', async t => {
  const readable = new Readable({ objectMode: true, read() {} })
  const ended = collectAll(fromNode(readable))
  readable.destroy(new Error('EIO'))
  t.match((await ended).errors, [{ message: 'EIO' }])
})

t.test('destroying the stream closes the readable', async t => {
  const readable = Readable.from([1, 2, 3])
  const closed = once(readable, 'close')
  fromNode(readable).destroy()
  await closed
  t.ok(readable.destroyed)
})
