/** What people read when nothing moves any more, with the minutes in the test's hand. */
import { EventEmitter } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import t, { type Test } from 'tap'
import { runProgram } from '../../../fixtures/run-program.js'
import { until } from '../../../fixtures/until.js'
import { simulate } from '../../../fixtures/vllm/simulate.js'

const corpus = join(import.meta.dirname, '../../../fixtures/samples/query.jsonl')

/** Time for the watchdog alone; every other timer is left to the clock. */
const minutes = (t: Test) => {
  const looks = new Set<() => void>()
  const { setInterval } = globalThis
  t.intercept(globalThis, 'setInterval', {
    value: (look: () => void, ms: number) => {
      if (ms === 5000) looks.add(look)
      return setInterval(look, ms)
    },
  })
  return {
    begun: () => looks.size > 0,
    pass: (count = 1) => {
      for (let i = 0; i < 12 * count; i++) for (const look of looks) look()
    },
  }
}

t.test(
  'calls that a server never answers are told, with the server and the stage',
  async t => {
    const server = await simulate()
    t.teardown(() => server.close())
    let asked = 0
    server.script(({ schema }) => schema === 'ultraif_decompose' && ++asked > 0, {
      fault: 'stall',
    })
    const url = server.url.replace('//', '//user:secret@')
    const time = minutes(t)
    const signals = new EventEmitter()
    const ran = runProgram(['run', '--base-url', url, corpus], { signals })
    await until(() => asked === 13)
    time.pass(2)
    signals.emit('SIGINT', 'SIGINT')
    signals.emit('SIGINT', 'SIGINT')
    const { stderr } = await ran
    t.match(stderr, /run: nothing has moved for 60 s; 13 records are open\.\n/)
    t.match(stderr, /run: {3}decompose holds 13\n/)
    t.match(
      stderr,
      new RegExp(
        `run: {3}13 decompose calls in flight at ${server.url}, the oldest for \\d+ s \\(record 1\\)\n`,
      ),
    )
    t.notMatch(stderr, 'secret')
    t.equal(stderr.match(/nothing has moved/g)?.length, 1, 'and not again at once')
  },
)

t.test('programs read the same as JSON, and with --quiet there is nothing', async t => {
  const server = await simulate()
  t.teardown(() => server.close())
  let asked = 0
  server.script(({ path, schema }) => !schema && path.includes('chat') && ++asked > 0, {
    fault: 'stall',
  })
  const time = minutes(t)
  const signals = new EventEmitter()
  const args = ['generate', '--samples', '1', '--base-url', server.url, corpus]
  const runs = [
    runProgram([...args, '--progress', 'json'], { signals }),
    runProgram([...args, '--quiet'], { signals }),
  ]
  await until(() => asked === 26)
  time.pass(2)
  signals.emit('SIGINT', 'SIGINT')
  signals.emit('SIGINT', 'SIGINT')
  const [json, quiet] = await Promise.all(runs)
  const lines = json?.stderr.split('\n').filter(line => line.startsWith('{"stalled"'))
  t.equal(lines?.length, 1)
  t.match(JSON.parse(lines?.[0] ?? ''), {
    stalled: {
      seconds: 60,
      open: 13,
      windows: [{ stage: 'generate', open: 13, ready: 0 }],
      calls: [{ label: 'generate', state: 'in flight', url: server.url, count: 13 }],
      outputs: [],
      input: 'ended',
    },
  })
  t.equal(quiet?.stderr.trimEnd().split('\n').length, 1)
})

t.test('rows that nobody takes are told, and who should', async t => {
  const file = join(t.testdir(), 'many.jsonl')
  writeFileSync(file, `{"query":"${'x'.repeat(500)}"}\n`.repeat(5000))
  const time = minutes(t)
  const signals = new EventEmitter()
  let release = () => {}
  let blocked = false
  const stdout = new Writable({
    write(_rows, _encoding, done) {
      blocked = true
      release = () => done()
    },
  })
  const ran = runProgram(['parse', file], { stdout, signals })
  await until(() => blocked)
  for (let turn = 0; turn < 100; turn++) await new Promise(setImmediate)
  time.pass(2)
  stdout._write = (_rows, _encoding, done) => done()
  release()
  const { code, stderr } = await ran
  t.equal(code, 0)
  t.match(stderr, /parse: {3}[\d,]+ bytes wait to be taken by the reader of stdout\n/)
})

t.test('a growing file that is quiet is told once', async t => {
  const file = join(t.testdir({ f: '{"query":"one"}\n' }), 'f')
  const time = minutes(t)
  const signals = new EventEmitter()
  let rows = 0
  const stdout = new Writable({
    write: (_row, _encoding, done) => {
      rows++
      done()
    },
  })
  const ran = runProgram(['parse', '--follow', file], { stdout, signals })
  await until(() => rows === 1)
  time.pass(10)
  signals.emit('SIGINT', 'SIGINT')
  const { stderr } = await ran
  t.equal(stderr.match(/parse: waits for input; nothing is open\./g)?.length, 1)
  t.notMatch(stderr, 'nothing has moved')
})
