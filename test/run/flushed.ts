import { Writable } from 'node:stream'
import t from 'tap'
import { flushed } from '../../lib/run/flushed.js'

/** A stream whose one write is in the test's hand. */
const slow = () => {
  let end: (error?: Error) => void = () => {}
  const stream = new Writable({ write: (_chunk, _encoding, done) => (end = done) })
  stream.on('error', () => {})
  stream.write('a row\n')
  return { stream, end: (error?: Error) => end(error) }
}

t.test('waits for what is on its way, and leaves the stream open', async t => {
  const { stream, end } = slow()
  let left = false
  const flushing = flushed(stream, new AbortController().signal).then(() => (left = true))
  await new Promise(setImmediate)
  t.notOk(left)
  stream._write = (_chunk, _encoding, done) => done()
  end()
  await flushing
  t.ok(stream.writable)
})

t.test('what keeps it from leaving is told', async t => {
  const { stream, end } = slow()
  const flushing = flushed(stream, new AbortController().signal)
  end(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }))
  await t.rejects(flushing, { code: 'EPIPE' })
})

t.test('nobody waits any more once the run is broken off', async t => {
  const breaking = new AbortController()
  const flushing = flushed(slow().stream, breaking.signal)
  breaking.abort(new Error('stopped'))
  await t.rejects(flushing, { message: 'stopped' })
  await t.rejects(flushed(slow().stream, breaking.signal), { message: 'stopped' })
})
