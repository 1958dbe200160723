import t, { type Test } from 'tap'
import { Ledger } from '../../lib/ledger.js'
import type { ModelStats, ServerStats } from '../../lib/model/model.js'
import { startProgress, type ProgressKind } from '../../lib/run/progress.js'

const stats: ModelStats = {
  calls: { generate: 10 },
  ended: 10,
  failed: 0,
  retries: 0,
  tokens: { prompt: 1, completion: 100 },
  inFlight: 7,
  limit: 64,
  queued: 3,
  servers: [],
}

const server = (kvUsage?: number): ServerStats => ({
  url: 'http://h:8000',
  limit: 64,
  reason: 'growing: the server takes more',
  inFlight: 7,
  ...(kvUsage !== undefined && { running: 5, waiting: 2, kvUsage }),
})

/** Progress on a screen that keeps what it is given, with `setInterval` in the test's hand. */
const begin = (
  t: Test,
  kind: ProgressKind,
  {
    isTTY = true,
    shared = false,
    columns = 200,
    servers = [] as ServerStats[],
    more = {} as Partial<ModelStats>,
  } = {},
) => {
  const written: string[] = []
  const timers: { draw: () => void; ms: number; cleared: boolean }[] = []
  t.intercept(globalThis, 'setInterval', {
    value: (draw: () => void, ms: number) => {
      const timer = { draw, ms, cleared: false }
      timers.push(timer)
      return Object.assign(timer, { unref: () => timer })
    },
  })
  t.intercept(globalThis, 'clearInterval', {
    value: (timer?: { cleared: boolean }) => timer && (timer.cleared = true),
  })
  const ledger = new Ledger()
  const progress = startProgress({
    screen: { write: text => written.push(text), isTTY, columns },
    kind,
    label: 'run',
    shared,
    ledger,
    stats: () => ({ ...stats, servers, ...more }),
  })
  return { written, timers, ledger, progress }
}

t.test('on a terminal one line is redrawn, four times a second at most', async t => {
  const { written, timers, ledger, progress } = begin(t, 'auto')
  t.ok((timers[0]?.ms ?? 0) >= 250)
  ledger.entered()
  timers[0]?.draw()
  t.match(written[0], /^\r1 in · 0 kept · .* 7\/64 in flight, 3 queued · 0:00\u001b\[K$/)
  progress.log('a line')
  t.same(written.slice(1), ['\r\u001b[K', 'a line\n'])
  timers[0]?.draw()
  progress.stop()
  t.equal(written.at(-1), '\r\u001b[K', 'the summary starts on a clean line')
  t.ok(timers[0]?.cleared)
})

t.test('with a target it says how far off that is', async t => {
  const { written, timers, ledger } = begin(t, 'auto')
  ledger.target = 5000
  timers[0]?.draw()
  t.match(written[0], /^\r0 in · 0 of 5,000 kept · /)
})

/** The line as drawn on a terminal so wide. */
const drawnAt = (t: Test, columns: number) => {
  const { written, timers, ledger } = begin(t, 'auto', { columns })
  ledger.in = 12_345
  ledger.kept = 12_000
  ledger.filtered['no_pass'] = 300
  timers[0]?.draw()
  return written[0]?.replace(/\r|\u001b\[K/g, '') ?? ''
}

t.test('the redrawn line never wraps, and loses whole parts', async t => {
  t.intercept(performance, 'now', { value: () => 1000 })
  const whole = drawnAt(t, 200).split(' · ')
  t.equal(whole.length, 7)
  for (let columns = 15; columns < 120; columns++) {
    const line = drawnAt(t, columns)
    t.ok(line.length < columns, `${columns} columns`)
    t.same(
      line.split(' · ').filter(part => !whole.includes(part)),
      [],
      line,
    )
  }
  t.equal(drawnAt(t, 35), '12,345 in · 12,000 kept · 0:00')
  t.equal(drawnAt(t, 10), '12,000 ke', 'but for the last of them')
})

t.test('a terminal that does not know its width has 80 columns', async t => {
  t.intercept(performance, 'now', { value: () => 1000 })
  const line = drawnAt(t, 0)
  t.equal(line, drawnAt(t, 80))
  t.match(line, /^12,345 in · .* · 0:00$/)
})

t.test('rates above a hundred have no tenths', async t => {
  let at = 1000
  t.intercept(performance, 'now', { value: () => at })
  const calls = { generate: 0 }
  const tokens = { prompt: 0, completion: 0 }
  const { written, timers } = begin(t, 'plain', { more: { calls, tokens } })
  at += 1000
  calls.generate = 12.34
  tokens.completion = 10_650.4
  timers[0]?.draw()
  t.match(written[0], / 12\.3 calls\/s · 10,650 tokens\/s /)
})

t.test(
  'in a log and in a shared terminal there are plain lines now and then',
  async t => {
    for (const more of [{ isTTY: false }, { shared: true }]) {
      const { written, timers } = begin(t, 'auto', more)
      t.equal(timers[0]?.ms, 10_000)
      timers[0]?.draw()
      t.match(written[0], /^run: 0 in · .*\n$/)
    }
  },
)

t.test('a plain line that says nothing new is left out', async t => {
  t.intercept(performance, 'now', { value: () => 1000 })
  const { written, timers, ledger } = begin(t, 'plain')
  timers[0]?.draw()
  timers[0]?.draw()
  t.equal(written.length, 1)
  ledger.entered()
  timers[0]?.draw()
  t.match(written[1], /^run: 1 in /)
})

t.test('for programs there is a JSON line a second', async t => {
  const { written, timers } = begin(t, 'json')
  t.equal(timers[0]?.ms, 1000)
  timers[0]?.draw()
  t.match(JSON.parse(written[0] ?? ''), {
    progress: { in: 0, kept: 0, filtered: 0, rejected: 0, inFlight: 7, limit: 64 },
  })
})

t.test('programs see what each server does and why its limit is what it is', async t => {
  const { written, timers } = begin(t, 'json', { servers: [server(0.4)] })
  timers[0]?.draw()
  t.same(JSON.parse(written[0] ?? '').progress.servers, [server(0.4)])
})

t.test('people see how full the caches are, where servers say it', async t => {
  for (const [servers, words] of [
    [[server(0.844)], '7/64 in flight (KV 0.84), 3 queued'],
    [[server(0.81), server(0.9), server()], '7/64 in flight (KV 0.81-0.90), 3 queued'],
    [[server()], '7/64 in flight, 3 queued'],
  ] as const) {
    const { written, timers } = begin(t, 'plain', { servers: [...servers] })
    timers[0]?.draw()
    t.ok(written[0]?.includes(words), String(written[0]))
  }
})

t.test('off is silent but for lines that are logged', async t => {
  const { written, timers, progress } = begin(t, 'off')
  t.equal(timers.length, 0)
  progress.log('a line')
  progress.stop()
  t.same(written, ['a line\n'])
})

t.test('what a server says of itself cannot move the cursor or end the line', async t => {
  const evil = { ...server(0.5), out: 'it serves \u009b2J\u202e and not m' }
  const { written, timers, progress } = begin(t, 'json', { servers: [evil] })
  timers[0]?.draw()
  t.notMatch(written[0], /[\u009b\u202e]/)
  t.equal(JSON.parse(written[0] ?? '').progress.servers[0].out, evil.out)
  progress.log('back: \u001b[2Ja\nb')
  t.equal(written.at(-1), 'back: a b\n')
})
