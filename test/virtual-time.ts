/** The benchmarks in virtual time are only worth something if that time is told truly. */
import { setTimeout as delay } from 'node:timers/promises'
import t from 'tap'
import { vllm } from '../lib/model/vllm.js'
import { lawOf } from './bench/scheduling/laws.js'
import { VirtualClock } from './bench/virtual/clock.js'
import { VirtualNetwork } from './bench/virtual/network.js'
import { virtualServer } from './bench/virtual/server.js'

t.test('timers ring in their order, and hours pass at once', async t => {
  const clock = new VirtualClock()
  const rung = await clock.run(async () => {
    const rung: [string, number][] = []
    const ring = (name: string) => rung.push([name, performance.now() - startedAt])
    const startedAt = performance.now()
    setTimeout(ring, 3_600_000, 'an hour')
    setTimeout(ring, 20, 'second')
    setTimeout(ring, 10, 'first')
    clearTimeout(setTimeout(ring, 5, 'never'))
    const beat = setInterval(ring, 1_000_000, 'beat')
    await delay(3_600_001)
    clearInterval(beat)
    return rung
  })
  t.strictSame(rung, [
    ['first', 10],
    ['second', 20],
    ['beat', 1_000_000],
    ['beat', 2_000_000],
    ['beat', 3_000_000],
    ['an hour', 3_600_000],
  ])
})

t.test('no time passes while something is left to do now', async t => {
  const clock = new VirtualClock()
  await clock.run(async () => {
    setTimeout(() => {}, 1)
    for (let turn = 0; turn < 100; turn++)
      await new Promise(resolve => setImmediate(resolve))
    t.equal(clock.now, 0)
  })
})

t.test('work that nothing will ever settle is an error and no hang', async t => {
  const clock = new VirtualClock()
  await t.rejects(
    clock.run(() => new Promise(resolve => setTimeout(() => void resolve, 7))),
    { message: 'nothing left to happen after 7 virtual ms' },
  )
})

t.test('the real timers are back afterwards, also after an error', async t => {
  const before = { setTimeout, setImmediate, now: Date.now }
  await t.rejects(
    new VirtualClock().run(() => Promise.reject(new Error('no'))),
    {
      message: 'no',
    },
  )
  t.strictSame({ setTimeout, setImmediate, now: Date.now }, before)
  const startedAt = performance.now()
  await delay(2)
  t.ok(performance.now() > startedAt)
})

const world = (slots = 2) => {
  const clock = new VirtualClock()
  const network = new VirtualNetwork({ clock, oneWayMs: 5 })
  const server = virtualServer(clock, network, { time: lawOf('constant', slots) })
  const connect = () =>
    vllm({ urls: [server.url], client: network.client, concurrency: 64, backoffMs: 1 })
  return { clock, server, connect }
}
const call = (number: number) => ({
  label: 'chat',
  rank: number,
  messages: [{ role: 'user' as const, content: `Say ${number} words.` }],
  sampling: { temperature: 1, topP: 1, maxTokens: 10 },
})

t.test('a call takes the way there and back, and a step for each token', async t => {
  const { clock, connect } = world()
  await clock.run(async () => {
    const model = await connect()
    const startedAt = clock.now
    const outcome = await model.call(call(1))
    t.match(outcome, { ok: true, usage: { completion: 10 } })
    t.equal(clock.now - startedAt, 5 + 10 * 10 + 5)
    await model.close()
  })
})

t.test('calls beyond the slots wait for one', async t => {
  const { clock, server, connect } = world(2)
  await clock.run(async () => {
    const model = await connect()
    const startedAt = clock.now
    const answers = Promise.all([1, 2, 3, 4].map(number => model.call(call(number))))
    await delay(50)
    t.match(server.gauges(), { running: 2, waiting: 2 })
    t.ok((await answers).every(({ ok }) => ok))
    t.equal(clock.now - startedAt, 5 + 20 * 10 + 5)
    await model.close()
  })
})

t.test(
  'a server that dies fails its calls, and one that is back answers them',
  async t => {
    const { clock, server, connect } = world()
    await clock.run(async () => {
      const model = await connect()
      const answer = model.call(call(1))
      await delay(20)
      server.die()
      t.equal(server.gauges().running, 0)
      await delay(50)
      server.revive()
      t.match(await answer, { ok: true })
      t.ok(model.stats().retries > 0)
      await model.close()
    })
  },
)

t.test('a client that goes away frees its sequence', async t => {
  const { clock, server, connect } = world()
  await clock.run(async () => {
    const model = await connect()
    const answer = model.call(call(1))
    await delay(20)
    t.equal(server.gauges().running, 1)
    model.abort()
    t.match(await answer, { ok: false, code: 'aborted' })
    await delay(5)
    t.equal(server.gauges().running, 0)
  })
})
