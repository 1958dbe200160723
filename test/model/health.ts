import { mock } from 'node:test'
import t, { type Test } from 'tap'
import type { AttemptFailure } from '../../lib/model/attempt.js'
import { failuresInARow, Health } from '../../lib/model/health.js'
import type { Look } from '../../lib/model/look.js'

const well: Look = { state: 'well' }
const gone: Look = { state: 'gone', why: 'no connection' }
const silent: Look = { state: 'silent', why: 'the server is silent' }

const refused: AttemptFailure = {
  code: 'unreachable',
  message: 'no',
  fault: 'unreachable',
}
const broken: AttemptFailure = { code: 'server_error', message: 'boom', status: 500 }

/** A server whose looks answer what the test says, under a clock that the test moves. */
const server = (t: Test, first: Look = well) => {
  mock.timers.enable({ apis: ['setTimeout'] })
  const events: string[] = []
  const at: {
    look: Look
    looks: number
    inFlight: number
    /** What a look waits for. */
    answered?: Promise<void>
  } = { look: first, looks: 0, inFlight: 0 }
  const health = new Health({
    look: async () => {
      at.looks++
      await at.answered
      return at.look
    },
    inFlight: () => at.inFlight,
    deadlineMs: 600_000,
  })
  health.watch({
    out: gone => events.push(gone ? 'gone' : 'failing'),
    usable: () => events.push(health.onTrial ? 'trial' : 'usable'),
    well: () => events.push('well'),
  })
  t.teardown(() => {
    health.stop()
    mock.timers.reset()
  })
  const later = async (ms: number) => {
    mock.timers.tick(ms)
    await new Promise(setImmediate)
  }
  const fail = (failure: AttemptFailure, times: number) => {
    for (let i = 0; i < times; i++) void health.failed(failure)
  }
  return { health, events, at, later, fail }
}

t.test('a refused connection that a look confirms takes the server out', async t => {
  const { health, events } = server(t, gone)
  const verdict = health.failed(refused)
  t.equal(health.usable, false, 'it gets nothing while in doubt')
  t.equal(await verdict, true, 'and the call is not to blame')
  t.strictSame(events, ['gone'])
  t.equal(health.why, 'no connection')
})

t.test('one odd error of a server that looks well takes nothing out', async t => {
  const { health, events } = server(t)
  t.equal(await health.failed({ ...refused, fault: 'reset' }), false)
  t.ok(health.usable)
  t.strictSame(events, ['usable'], 'calls held back meanwhile may go')
})

t.test('many calls that meet the same dead server look at it once', async t => {
  const { health, at } = server(t, gone)
  const verdicts = Array.from({ length: 64 }, () => health.failed(refused))
  t.strictSame(new Set(await Promise.all(verdicts)), new Set([true]))
  t.equal(at.looks, 1)
})

t.test('an engine that died is looked at before its calls are blamed', async t => {
  const { health } = server(t, gone)
  const died = { ...broken, engineDied: true }
  t.equal(await health.failed(died), true)
})

t.test('what a gateway says in place of a server that died is looked into', async t => {
  for (const [status, message] of [
    [502, 'Bad Gateway'],
    [503, 'upstream connect error or disconnect/reset before headers'],
  ] as const) {
    const { health } = server(t, gone)
    t.equal(await health.failed({ code: 'server_error', status, message }), true, message)
    mock.timers.reset()
  }
})

t.test('a server that only answers errors is out after a few in a row', async t => {
  const { health, events, fail } = server(t)
  fail(broken, failuresInARow - 1)
  health.succeeded()
  fail(broken, failuresInARow - 1)
  t.ok(health.usable, 'a success between begins anew')
  fail(broken, 1)
  t.notOk(health.usable)
  t.strictSame(events, ['failing'])
  t.match(health.why, /boom/)
})

t.test('what is the fault of a request never takes a server out', async t => {
  const { health, fail } = server(t, gone)
  const faults: AttemptFailure[] = [
    ...[400, 401, 404, 408, 413, 422, 429, 501, 529].map((status): AttemptFailure => ({
      code: 'bad_request',
      message: 'no',
      status,
    })),
    { code: 'overloaded', message: 'The engine is currently busy', status: 503 },
    { code: 'overloaded', message: 'later', status: 503, retryAfterMs: 1000 },
    { code: 'bad_response', message: 'no JSON' },
  ]
  for (const fault of faults) fail(fault, 2 * failuresInARow)
  t.ok(health.usable)
})

t.test('deadlines that pass one after the other take a server out', async t => {
  const { health, fail } = server(t)
  fail({ code: 'deadline', message: 'late' }, failuresInARow)
  t.notOk(health.usable)
})

t.test('a server that is gone is asked until it is well', async t => {
  const { health, events, at, later } = server(t, gone)
  await health.failed(refused)
  await later(500)
  await later(1000)
  t.equal(at.looks, 3)
  t.notOk(health.usable)
  at.look = well
  await later(2000)
  t.ok(health.usable)
  t.equal(health.why, undefined)
  t.strictSame(events, ['gone', 'well', 'usable'])
})

t.test('a server that fails but looks well gets one call on trial first', async t => {
  const { health, events, fail, later } = server(t)
  fail(broken, failuresInARow)
  await later(1000)
  t.ok(health.usable && health.onTrial)
  t.notOk(health.well, 'it has proved nothing yet')
  health.succeeded()
  t.ok(health.usable && !health.onTrial)
  t.strictSame(events, ['failing', 'trial', 'well', 'usable'])
})

t.test('a trial that fails costs one failure, and twice the pause', async t => {
  const { health, fail, later } = server(t)
  fail(broken, failuresInARow)
  await later(1000)
  fail(broken, 1)
  t.notOk(health.usable)
  await later(999)
  t.notOk(health.usable)
  await later(1001)
  t.ok(health.onTrial)
})

t.test('a trial is held beside a call that hangs there since before', async t => {
  const { health, fail, later } = server(t)
  const hung = health.sent()
  fail(broken, failuresInARow)
  await later(1000)
  t.ok(health.awaitsTrial)
  const tried = health.sent()
  t.notOk(health.awaitsTrial, 'one call at a time')
  health.landed(hung)
  t.notOk(health.awaitsTrial)
  health.landed(tried)
  t.ok(health.awaitsTrial, 'a call that proved nothing is followed by the next')
})

t.test('a call from before a trial does not fail it when its time is up', async t => {
  const { health, events, fail, later } = server(t)
  const hung = health.sent()
  fail(broken, failuresInARow)
  await later(1000)
  const tried = health.sent()
  fail({ code: 'deadline', message: 'late', era: hung }, 1)
  fail({ ...refused, era: hung }, 1)
  t.ok(health.onTrial)
  fail({ ...broken, era: tried }, 1)
  t.strictSame(events, ['failing', 'trial', 'failing'])
})

t.test('calls from before a trial take no server out that has passed it', async t => {
  const { health, fail, later } = server(t)
  const hung = health.sent()
  fail(broken, failuresInARow)
  await later(1000)
  const tried = health.sent()
  health.succeeded()
  fail({ code: 'deadline', message: 'late', era: hung }, failuresInARow)
  t.ok(health.usable)
  fail({ code: 'deadline', message: 'late', era: tried }, failuresInARow)
  t.notOk(health.usable)
})

t.test('an answer that was still on its way brings a failing server back', async t => {
  const { health, fail } = server(t)
  fail(broken, failuresInARow)
  health.succeeded()
  t.ok(health.usable && !health.onTrial)
})

t.test('a failing server that then goes away is said to be gone', async t => {
  const { events, at, fail, later } = server(t)
  fail(broken, failuresInARow)
  at.look = gone
  await later(1000)
  t.strictSame(events, ['failing', 'gone'])
})

t.test('a server that goes in silence with calls in flight is found out', async t => {
  const { health, events, at, later } = server(t, gone)
  at.inFlight = 1
  health.sent()
  await later(5000)
  t.strictSame(events, ['gone'])
})

t.test('a server is not looked at while it answers, nor when it has no work', async t => {
  const { health, at, later } = server(t, gone)
  at.inFlight = 1
  health.sent()
  health.succeeded()
  await later(5000)
  t.equal(at.looks, 0)
  at.inFlight = 0
  await later(5000)
  await later(5000)
  t.equal(at.looks, 0)
})

t.test('a slow server is not gone: only silence for half a minute is', async t => {
  const { health, events, at, later } = server(t, silent)
  at.inFlight = 1
  health.sent()
  for (let i = 0; i < 5; i++) await later(5000)
  t.ok(health.usable)
  await later(5000)
  t.strictSame(events, ['gone'])
})

t.test('an answer that comes during a look says more than the look', async t => {
  const { health, at, later } = server(t, gone)
  at.inFlight = 1
  let end = () => {}
  at.answered = new Promise(resolve => (end = resolve))
  health.sent()
  await later(5000)
  t.equal(at.looks, 1)
  health.succeeded()
  end()
  await later(0)
  t.ok(health.usable)
})

t.test('a slow look is waited for before the next: one silence counts once', async t => {
  const { health, at, later } = server(t, silent)
  at.inFlight = 1
  let end = () => {}
  at.answered = new Promise(resolve => (end = resolve))
  health.sent()
  for (let i = 0; i < 8; i++) {
    await later(5000)
    health.sent()
  }
  t.equal(at.looks, 1)
  end()
  await later(0)
  t.ok(health.usable)
  await later(5000)
  t.equal(at.looks, 2)
})

t.test('a server that goes in silence during its trial is found out', async t => {
  const { health, events, at, fail, later } = server(t)
  fail(broken, failuresInARow)
  await later(1000)
  at.inFlight = 1
  at.look = gone
  health.sent()
  await later(5000)
  await later(5000)
  t.strictSame(events, ['failing', 'trial', 'gone'])
})

t.test('a server that was absent at the start is taken in when it comes', async t => {
  const { health, events, later } = server(t)
  health.absent('refused')
  t.notOk(health.usable)
  await later(500)
  t.ok(health.usable)
  t.strictSame(events, ['gone', 'well', 'usable'])
})
