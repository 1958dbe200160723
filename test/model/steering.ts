import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import { setImmediate as turn } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { loopback, send } from '../../fixtures/loopback.js'
import { simulate } from '../../fixtures/vllm/simulate.js'
import { parseAddress } from '../../lib/model/address.js'
import { Endpoint } from '../../lib/model/endpoint.js'
import { readStart, Steering } from '../../lib/model/steering.js'

const endpointAt = (t: Test, url: string): Endpoint => {
  const endpoint = new Endpoint(parseAddress(url, undefined), { concurrency: 1 })
  t.teardown(() => endpoint.destroy())
  return endpoint
}

const steer = (
  t: Test,
  endpoint: Endpoint,
  start: Awaited<ReturnType<typeof readStart>>,
  log?: (line: string) => void,
): Steering => {
  const steering = new Steering(endpoint, { start, queued: () => 100, log })
  t.teardown(() => steering.stop())
  return steering
}

const page = (running: number, waiting: number, kvUsage: number): string =>
  [
    `vllm:num_requests_running{engine="0"} ${running}`,
    `vllm:num_requests_waiting{engine="0"} ${waiting}`,
    `vllm:kv_cache_usage_perc{engine="0"} ${kvUsage}`,
    'vllm:num_preemptions_total{engine="0"} 0',
  ].join('\n')

/** A server whose page of metrics the test writes. */
const pageServer = async (t: Test, answer: (response: ServerResponse) => void) => {
  const server = await loopback(() => {}, {
    other: ({ path }, response) => {
      if (path !== '/metrics') return false
      answer(response)
      return true
    },
  })
  t.teardown(() => server.close())
  return { server, endpoint: endpointAt(t, server.url) }
}

const readBy = async (steering: Steering): Promise<void> => {
  while (steering.state.running === undefined) await turn()
}

t.test('a server that says how large its cache is gets its share at once', async t => {
  const server = await simulate({ time: 'h100-8b', kvTokens: 200_000 })
  t.teardown(() => server.close())
  const endpoint = endpointAt(t, server.url)
  const steering = steer(t, endpoint, await readStart(endpoint))
  t.equal(endpoint.limit.max, 169, '0.87 of 200,000 tokens, 1,024 each')
  t.match(steering.state.reason, /200,000 tokens/)
})

t.test('without gauges the limit is fixed, says why, and nothing is asked', async t => {
  for (const [status, body] of [
    [404, 'Not Found'],
    [401, 'who are you?'],
    [200, 'llamacpp:requests_processing 1'],
  ] as const) {
    const { endpoint } = await pageServer(t, response => send(response, body, status))
    const steering = steer(t, endpoint, await readStart(endpoint))
    t.equal(endpoint.limit.max, 64)
    t.match(steering.state.reason, /\/metrics (answers 40[14]|has no gauges)/)
    const timers = t.capture(globalThis, 'setTimeout')
    steering.busy()
    t.equal(timers().length, 0)
    timers.restore()
  }
})

t.test('a server that is too busy to tell at the start is asked again', async t => {
  let asked = 0
  const { endpoint } = await pageServer(t, response =>
    asked++ === 0 ? send(response, 'busy', 503) : send(response, page(20, 0, 0.1)),
  )
  const start = await readStart(endpoint)
  t.same(start, {})
  const steering = steer(t, endpoint, start)
  t.equal(endpoint.limit.max, 64)
  steering.busy()
  await readBy(steering)
  t.match(steering.state, { running: 20, waiting: 0, kvUsage: 0.1 })
})

t.test('the limit follows what the server says while calls are in flight', async t => {
  const { endpoint, server } = await pageServer(t, response =>
    send(response, page(40, 24, 0.99)),
  )
  const steering = steer(t, endpoint, {})
  endpoint.limit.take(64)
  steering.busy()
  while (endpoint.limit.max === 64) await turn()
  t.equal(endpoint.limit.max, 36, 'nine tenths of what ran when the cache was full')
  t.match(steering.state.reason, /cache overflowed/)
  t.equal(server.others.length, 2, 'full for a moment is not too full')
})

t.test('people are told where the limit starts and where it comes to rest', async t => {
  let asked = 0
  const { endpoint, server } = await pageServer(t, response => {
    for (let i = 0; i < 80; i++) steering.answered({ prompt: 1, completion: 1 }, 1)
    send(response, page(asked++ % 2 ? 64 : 63, 26, 0.2))
  })
  const lines: string[] = []
  const steering = steer(t, endpoint, {}, line => lines.push(line))
  endpoint.limit.take(64)
  steering.busy()
  while (lines.length < 2) await turn()
  t.match(lines, [
    `${server.url}: 64 sequences in flight at first (`,
    `${server.url}: 57 sequences in flight from here on, or thereabouts (64 sequences run at once, 16 wait behind them)`,
  ])
  const closed: string[] = []
  steer(t, endpoint, { closed: '/metrics answers 404' }, line => closed.push(line))
  t.same(closed, [`${server.url}: 64 sequences in flight (fixed: /metrics answers 404)`])
})

t.test('a reading that fails changes nothing', async t => {
  let asked = 0
  const { endpoint } = await pageServer(t, response =>
    asked++ === 0 ? response.destroy() : send(response, page(1, 0, 0)),
  )
  const steering = steer(t, endpoint, {})
  steering.busy()
  await readBy(steering)
  t.equal(asked, 2)
  t.equal(endpoint.limit.max, 64)
})

t.test('calls that come and go do not start a second reading', async t => {
  const { endpoint } = await pageServer(t, response => send(response, page(1, 0, 0)))
  const steering = steer(t, endpoint, {})
  const timers = t.capture(globalThis, 'setTimeout', () => ({ unref() {} }))
  for (let i = 0; i < 3; i++) {
    steering.busy()
    steering.idle()
  }
  timers.restore()
  t.equal(timers().length, 1)
})

t.test('no second reading is asked for while one is on its way', async t => {
  let arrived = (_response: ServerResponse): void => {}
  const held = new Promise<ServerResponse>(resolve => (arrived = resolve))
  const { endpoint } = await pageServer(t, response => arrived(response))
  const steering = steer(t, endpoint, {})
  steering.busy()
  const response = await held
  const timers = t.capture(globalThis, 'setTimeout', () => ({ unref() {} }))
  steering.idle()
  steering.busy()
  timers.restore()
  t.equal(timers().length, 0)
  send(response, page(1, 0, 0))
  await readBy(steering)
})

t.test('nothing is read for a server that does nothing for us', async t => {
  const { endpoint, server } = await pageServer(t, response =>
    send(response, page(1, 0, 0)),
  )
  const steering = steer(t, endpoint, {})
  const timers = t.capture(globalThis, 'setTimeout', () => ({ unref() {} }))
  steering.busy()
  steering.idle()
  await timers()[0]?.args[0]()
  timers.restore()
  t.equal(server.others.length, 0)
})

t.test('a reading on its way is cut when the run is over', async t => {
  let arrived = (_response: ServerResponse): void => {}
  const held = new Promise<ServerResponse>(resolve => (arrived = resolve))
  const { endpoint } = await pageServer(t, response => arrived(response))
  const steering = steer(t, endpoint, {})
  steering.busy()
  const response = await held
  steering.stop()
  await once(response, 'close')
  t.notOk(response.writableFinished)
  await endpoint.close()
})

t.test('a refusal lowers the limit without waiting for the next reading', async t => {
  const { endpoint } = await pageServer(t, response => send(response, page(1, 0, 0)))
  const steering = steer(t, endpoint, {})
  endpoint.limit.take(40)
  for (let i = 0; i < 6; i++) {
    t.equal(endpoint.limit.max, 64, 'a few are accidents')
    steering.failed({ code: 'server_error', message: 'busy', status: 503 })
  }
  t.equal(endpoint.limit.max, 30)
  t.match(steering.state.reason, /refused/)
})

t.test(
  'people are told of a server that takes far less, and when it takes more',
  async t => {
    const { endpoint, server } = await pageServer(t, response =>
      send(response, page(1, 0, 0)),
    )
    const lines: string[] = []
    const steering = steer(t, endpoint, { closed: 'none' }, line => lines.push(line))
    let now = 0
    t.intercept(performance, 'now', { value: () => now })
    endpoint.limit.take(10)
    for (let i = 0; i < 100; i++)
      steering.failed({ code: 'overloaded', message: 'busy', status: 429 })
    for (; now < 900_000; now += 2000)
      for (let i = 0; i < 64; i++) steering.answered({ prompt: 1, completion: 1 }, 1)
    t.match(lines.slice(1), [
      `${server.url}: 10 sequences in flight now, after 64 (the server refused more)`,
      / sequences in flight again, after 10 \(growing back after refusals\)/,
    ])
  },
)
