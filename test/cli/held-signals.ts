import { EventEmitter } from 'node:events'
import t from 'tap'
import { holdSignals } from '../../lib/cli/held-signals.js'

const set = () => {
  // `as any`: it is made into the little of a process that is asked for.
  const process = new EventEmitter() as any
  const killed: string[] = []
  process.pid = 7
  process.kill = (pid: number, signal: string) => killed.push(`${pid} ${signal}`)
  const heard: string[] = []
  const listener = (signal: string) => heard.push(signal)
  const send = (signal: string) => process.emit(signal, signal)
  const listening = () =>
    process.listenerCount('SIGINT') + process.listenerCount('SIGTERM')
  return { held: holdSignals(process), killed, heard, listener, send, listening }
}

t.test('a signal that came early is told to the first who listens, once', async t => {
  const { held, heard, listener, send, killed, listening } = set()
  send('SIGTERM')
  held.on('SIGINT', listener)
  held.on('SIGTERM', listener)
  t.same(heard, [], 'not in the middle of their setting up')
  await null
  t.same(heard, ['SIGTERM'])
  send('SIGINT')
  t.same(heard, ['SIGTERM', 'SIGINT'])
  held.off('SIGINT', listener)
  held.off('SIGTERM', listener)
  t.equal(listening(), 0)
  held.end()
  t.same(killed, [])
})

t.test('a second one, while nobody listens, is obeyed', async t => {
  const { send, killed, listening } = set()
  send('SIGINT')
  t.same(killed, [])
  send('SIGTERM')
  t.same(killed, ['7 SIGINT'])
  t.equal(listening(), 0, 'and nothing stands in its way')
})

t.test('a program that never listened ends as by the signal', async t => {
  const { held, send, killed, listening } = set()
  send('SIGINT')
  held.end()
  t.same(killed, ['7 SIGINT'])
  t.equal(listening(), 0)
})
