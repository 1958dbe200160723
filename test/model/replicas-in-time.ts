/** Servers that are out for seconds and minutes, in virtual time. */
import { setTimeout as delay } from 'node:timers/promises'
import t, { type Test } from 'tap'
import type { Failure } from '../../lib/errors.js'
import type { ModelCall } from '../../lib/model/model.js'
import type { VllmOptions } from '../../lib/model/options.js'
import { vllm } from '../../lib/model/vllm.js'
import { lawOf } from '../bench/scheduling/laws.js'
import { VirtualClock } from '../bench/virtual/clock.js'
import { VirtualNetwork } from '../bench/virtual/network.js'
import { virtualServer, type VirtualServer } from '../bench/virtual/server.js'

const deadlineMs = 8000

const ask = (content: string, { n = 1, rank = 1 } = {}): ModelCall => ({
  label: 'generate',
  rank,
  messages: [{ role: 'user', content }],
  sampling: { temperature: 1, topP: 1, maxTokens: 4, n },
})
/** As many as take a server out by failing together. */
const five = ['a', 'b', 'c', 'd', 'e'].map(content => ask(content))

/** One server, told how to answer, and a model that is connected to it. */
const inTime = async (
  t: Test,
  script: (server: VirtualServer, clock: VirtualClock) => void,
  work: (it: {
    model: Awaited<ReturnType<typeof vllm>>
    server: VirtualServer
    clock: VirtualClock
    told: Failure[]
    until: (pattern: RegExp) => Promise<void>
  }) => Promise<void>,
  options: Partial<VllmOptions> = {},
) => {
  const clock = new VirtualClock()
  const network = new VirtualNetwork({ clock, oneWayMs: 1 })
  const server = virtualServer(clock, network, { time: lawOf('constant', 64) })
  script(server, clock)
  const log: string[] = []
  const told: Failure[] = []
  const until = async (pattern: RegExp) => {
    while (!log.some(line => pattern.test(line))) await delay(1)
  }
  await clock.run(async () => {
    const model = await vllm({
      urls: [server.url],
      client: network.client,
      concurrency: 64,
      batch: 'off',
      retries: 20,
      backoffMs: 1,
      deadlineMs,
      log: line => log.push(line),
      onLost: failure => told.push(failure),
      ...options,
    })
    await work({ model, server, clock, told, until })
    model.abort()
  })
}

const fails = { fault: 'status', status: 500 } as const
const hangs = { fault: 'stall' } as const
const calls = { path: '/v1/chat/completions' }

t.test(
  'a call that hangs keeps no server out that failed beside it and is well again',
  t =>
    inTime(
      t,
      ({ rules }, clock) => {
        rules.add(calls, () => (clock.now < 300 ? fails : undefined))
        rules.add('hang', hangs)
      },
      async ({ model, clock, told, until }) => {
        const hung = model.call(ask('hang'))
        const answers = five.map(call => model.call(call))
        await until(/is out/)
        // Wider than what the limit has left beside the one that hangs.
        const wide = model.call(ask('wide', { n: 7, rank: 0 }))
        for (const outcome of await Promise.all([...answers, wide]))
          t.match(outcome, { ok: true })
        t.ok(clock.now < deadlineMs, 'nobody waits for the deadline of another')
        t.match(await hung, { ok: false, code: 'deadline' })
        t.match(await model.call(ask('later')), { ok: true })
        t.strictSame(told, [])
      },
      { concurrency: 7 },
    ),
)

t.test('a trial under way when the time for a server is up is waited for', t =>
  inTime(
    t,
    ({ rules }, clock) =>
      rules.add(calls, () =>
        clock.now < 300 ? fails : { fault: 'delay', ms: deadlineMs - 100 },
      ),
    async ({ model, told }) => {
      const answers = await Promise.all(five.map(call => model.call(call)))
      for (const outcome of answers) t.match(outcome, { ok: true })
      t.strictSame(told, [])
    },
  ),
)

t.test('a server that looks well and answers no call is given up all the same', t =>
  inTime(
    t,
    ({ rules }, clock) => rules.add(calls, () => (clock.now < 300 ? fails : hangs)),
    async ({ model, clock, told }) => {
      const answers = await Promise.all(five.map(call => model.call(call)))
      t.strictSame(answers.map(outcome => !outcome.ok && outcome.code).sort(), [
        'deadline',
        ...Array.from({ length: 4 }, () => 'unreachable'),
      ])
      t.match(told, [{ code: 'servers_lost' }])
      t.ok(clock.now < 2 * deadlineMs)
      t.match(model.stats(), { failed: 5, inFlight: 0 })
    },
  ),
)

t.test('a server that fails every trial is given up after the deadline', t =>
  inTime(
    t,
    ({ rules }) => rules.add(calls, fails),
    async ({ model, clock, told }) => {
      const answers = await Promise.all(five.map(call => model.call(call)))
      for (const outcome of answers) t.match(outcome, { code: 'unreachable' })
      t.match(told, [{ code: 'servers_lost' }])
      t.ok(clock.now >= deadlineMs && clock.now < deadlineMs + 100)
    },
  ),
)

t.test('a server that dies of whatever it is asked is given up', t =>
  inTime(
    t,
    (server, clock) =>
      server.rules.add(calls, () => {
        server.die()
        clock.start(2000, () => server.revive())
        return { fault: 'reset' }
      }),
    async ({ model, told, clock }) => {
      const answers = await Promise.all(five.map(call => model.call(call)))
      t.strictSame(
        answers.map(outcome => !outcome.ok && outcome.code),
        ['poison_prompt', 'poison_prompt', 'poison_prompt', 'unreachable', 'unreachable'],
      )
      t.match(told, [{ code: 'servers_lost', message: /died 10 times in a row/ }])
      t.ok(clock.now < 60_000, `${clock.now} ms`)
    },
  ),
)

t.test('calls at a server that freezes move while they have time', async t => {
  const clock = new VirtualClock()
  const network = new VirtualNetwork({ clock, oneWayMs: 1 })
  const [well, frozen] = ['http://well', 'http://frozen'].map(url =>
    virtualServer(clock, network, { time: lawOf('constant', 64) }, url),
  ) as [VirtualServer, VirtualServer]
  frozen.rules.add(() => clock.now > 100, hangs)
  const log: string[] = []
  await clock.run(async () => {
    const model = await vllm({
      urls: [well.url, frozen.url],
      client: network.client,
      concurrency: 4,
      batch: 'off',
      retries: 0,
      deadlineMs: 20_000,
      log: line => log.push(line),
    })
    await delay(200)
    const calls = Array.from({ length: 20 }, (_, rank) => model.call(ask('x', { rank })))
    for (const outcome of await Promise.all(calls)) t.match(outcome, { ok: true })
    model.abort()
  })
  t.ok(clock.now < 11_000, `${clock.now} ms`)
  t.match(log.join('\n'), /: out \(the server is silent: .+its calls go to the other server/)
})

t.test('a call that backs off loses none of its time to an outage', t =>
  inTime(
    t,
    ({ rules }) =>
      rules.add('first', { fault: 'rate-limit', retryAfter: 7 }, { times: 1 }),
    async ({ model, server, until }) => {
      const first = model.call(ask('first'))
      await delay(5000)
      server.die()
      const second = model.call(ask('second'))
      await until(/is out/)
      await delay(4000)
      server.revive()
      t.match(await first, { ok: true })
      t.match(await second, { ok: true })
    },
  ),
)
