import { EventEmitter } from 'node:events'
import t from 'tap'
import { startStopping, stoppingLine } from '../../lib/run/stopping.js'

const set = ({ begun = true, endsByItself = false } = {}) => {
  const signals = new EventEmitter()
  const [reading, breaking] = [new AbortController(), new AbortController()]
  const told: string[] = []
  const stopping = startStopping({
    signals: signals as never,
    reading,
    breaking,
    endsByItself,
    begun: () => begun,
    log: readsOn => told.push(readsOn ? 'stopping with the input' : 'stopping'),
    cutCalls: () => told.push('cut'),
  })
  return { signals, reading: reading.signal, breaking: breaking.signal, told, stopping }
}

t.test('the first signal stops the reading, the second cuts the calls', async t => {
  const { signals, reading, breaking, told, stopping } = set()
  signals.emit('SIGINT', 'SIGINT')
  t.ok(reading.aborted)
  t.same(told, ['stopping'])
  signals.emit('SIGTERM', 'SIGTERM')
  t.same(told, ['stopping', 'cut'])
  t.notOk(breaking.aborted)
  t.equal(stopping.by(), 'SIGINT', 'the first one decides the exit code')
})

t.test('after the second the process is back to the default', async t => {
  const { signals } = set()
  signals.emit('SIGINT', 'SIGINT')
  signals.emit('SIGINT', 'SIGINT')
  t.equal(signals.listenerCount('SIGINT') + signals.listenerCount('SIGTERM'), 0)
})

t.test('a filter in a pipe reads on to the end that its upstream makes', async t => {
  const { signals, reading, told } = set({ endsByItself: true })
  signals.emit('SIGINT', 'SIGINT')
  t.notOk(reading.aborted)
  t.same(told, ['stopping with the input'])
  signals.emit('SIGINT', 'SIGINT')
  t.ok(reading.aborted)
})

t.test('SIGTERM was meant for it alone, and stops its reading', async t => {
  const { signals, reading, told } = set({ endsByItself: true })
  signals.emit('SIGTERM', 'SIGTERM')
  t.ok(reading.aborted)
  t.same(told, ['stopping'])
})

t.test('what is said tells what has to end first', async t => {
  t.equal(
    stoppingLine(1234, false),
    'Stopping: 1,234 open records finish first; a second signal leaves them.',
  )
  t.equal(
    stoppingLine(1, false),
    'Stopping: 1 open record finishes first; a second signal leaves it.',
  )
  t.equal(
    stoppingLine(0, true),
    'Stopping when the input ends: what the process before this one still sends is read. A second signal stops the reading, and leaves 0 open records.',
  )
})

t.test('before records flow, one signal ends everything', async t => {
  const { signals, breaking, told } = set({ begun: false })
  signals.emit('SIGTERM', 'SIGTERM')
  t.ok(breaking.aborted)
  t.same(told, [])
})

t.test('and where that hangs, the next one meets the default handler', async t => {
  const { signals, stopping } = set({ begun: false })
  signals.emit('SIGTERM', 'SIGTERM')
  t.equal(signals.listenerCount('SIGINT') + signals.listenerCount('SIGTERM'), 0)
  t.equal(stopping.by(), 'SIGTERM')
})

t.test('nothing listens after the run', async t => {
  const { signals, stopping } = set()
  stopping.release()
  t.equal(signals.listenerCount('SIGINT') + signals.listenerCount('SIGTERM'), 0)
})
