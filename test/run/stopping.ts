import { EventEmitter } from 'node:events'
import t from 'tap'
import { startStopping } from '../../lib/run/stopping.js'

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
    log: () => told.push('stopping'),
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
  const { signals, reading } = set({ endsByItself: true })
  signals.emit('SIGINT', 'SIGINT')
  t.notOk(reading.aborted)
  signals.emit('SIGINT', 'SIGINT')
  t.ok(reading.aborted)
})

t.test('before records flow, one signal ends everything', async t => {
  const { signals, breaking, told } = set({ begun: false })
  signals.emit('SIGTERM', 'SIGTERM')
  t.ok(breaking.aborted)
  t.same(told, [])
})

t.test('nothing listens after the run', async t => {
  const { signals, stopping } = set()
  stopping.release()
  t.equal(signals.listenerCount('SIGINT') + signals.listenerCount('SIGTERM'), 0)
})
