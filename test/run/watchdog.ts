import { PassThrough, Writable } from 'node:stream'
import t, { type Test } from 'tap'
import { Ledger } from '../../lib/ledger.js'
import type { ModelStats, OpenCallState } from '../../lib/model/model.js'
import { startWatchdog, Stillness } from '../../lib/run/watchdog.js'

t.test('it speaks after the first pause, then after pauses that double', async t => {
  const stillness = new Stillness(3)
  const spoken: number[] = []
  for (let look = 0; look < 30; look++) {
    const looks = stillness.look([1, 2])
    if (looks !== undefined) spoken.push(looks)
  }
  t.same(spoken, [3, 9, 21])
})

t.test('whatever moves begins a new pause', async t => {
  const stillness = new Stillness(2)
  const looks = (pulse: number[]) => stillness.look(pulse)
  t.same(
    [looks([1]), looks([1]), looks([2]), looks([2]), looks([2])],
    [undefined, undefined, undefined, undefined, 2],
  )
})

const stats: ModelStats = {
  calls: {},
  ended: 0,
  failed: 0,
  retries: 0,
  tokens: { prompt: 0, completion: 0 },
  inFlight: 1,
  limit: 64,
  queued: 0,
  servers: [],
}

/** A watchdog whose time is in the test's hand, over a run that the test plays. */
const watching = (t: Test) => {
  let look = () => {}
  let cleared = false
  t.intercept(globalThis, 'setInterval', {
    value: (then: () => void) => {
      look = then
      return { unref: () => 'timer' }
    },
  })
  t.intercept(globalThis, 'clearInterval', { value: () => (cleared = true) })
  const ledger = new Ledger()
  // `any`: what programs read, whose shape is what the test is about.
  const told: { lines: string[]; stalled: any }[] = []
  const run = {
    stats: { ...stats },
    source: new PassThrough({ objectMode: true }),
    body: new PassThrough({ objectMode: true }),
    stdout: new Writable({ write: () => {} }),
    bytes: 0,
    calls: [] as OpenCallState[],
  }
  const stop = startWatchdog({
    name: 'run',
    ledger,
    models: {
      stats: () => run.stats,
      openCalls: () => run.calls,
    },
    source: run.source,
    body: run.body,
    stdout: run.stdout,
    files: () => [{ name: 'a.jsonl', bytes: run.bytes }],
    tell: (lines, forPrograms) =>
      told.push({ lines, ...(forPrograms as { stalled: unknown }) }),
  })
  const minute = () => {
    for (let i = 0; i < 12; i++) look()
  }
  return { ledger, run, told, minute, look: () => look(), stop, cleared: () => cleared }
}

t.test('a minute without movement is told, with who holds what', async t => {
  const { ledger, run, told, minute, look, stop, cleared } = watching(t)
  run.calls = [{ label: 'judge', rank: 1, state: 'queued', ms: 5, attempts: 0 }]
  ledger.entered()
  ledger.windows.push(() => ({ stage: 'evaluate', open: 1, ready: 0 }))
  look()
  minute()
  t.equal(told.length, 1)
  t.match(told[0]?.stalled, {
    seconds: 60,
    open: 1,
    windows: [{ stage: 'evaluate', open: 1 }],
    calls: [{ label: 'judge', state: 'queued', count: 1 }],
    input: 'waits',
  })
  t.match(told[0]?.lines[0], /^run: nothing has moved for 60 s; 1 record is open\.$/)
  stop()
  t.ok(cleared())
})

t.test('records, calls and bytes are movement, each by itself', async t => {
  const { ledger, run, told, minute, look } = watching(t)
  const moves = [
    () => ledger.entered(),
    () => ledger.blank++,
    () => ledger.keep({ sft: 1 }),
    () => void ledger.filter('no_pass'),
    () => (run.stats = { ...run.stats, calls: { judge: 1 } }),
    () => (run.stats = { ...run.stats, ended: 1 }),
    () => run.bytes++,
    () => void run.stdout.write('a row\n'),
  ]
  look()
  for (const move of moves) {
    for (let i = 0; i < 11; i++) look()
    move()
    look()
  }
  t.same(told, [])
  minute()
  t.equal(told.length, 1)
})

t.test(
  'a quiet input with nothing open is told once, however often it stirs',
  async t => {
    const { ledger, told, minute, look } = watching(t)
    for (let line = 0; line < 3; line++) {
      ledger.entered()
      ledger.keep({ row: 1 })
      look()
      minute()
      minute()
    }
    t.same(
      told.map(({ lines }) => lines),
      [['run: waits for input; nothing is open.']],
    )
  },
)

t.test('an input that is not asked for more is not waited for', async t => {
  const { ledger, run, told, minute, look } = watching(t)
  ledger.entered()
  // What reads it takes no more, so that it is not read.
  while (run.body.write({})) continue
  look()
  minute()
  t.equal(told[0]?.stalled.input, 'flows')
  run.source.destroy()
  look()
  minute()
  minute()
  t.equal(told[1]?.stalled.input, 'ended')
})
