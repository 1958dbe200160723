import { once } from 'node:events'
import { Agent, request, type IncomingMessage } from 'node:http'
import t, { type Test } from 'tap'
import { ask, chat } from '../../fixtures/ask.js'
import {
  type Fault,
  simulate,
  type SimulateOptions,
} from '../../fixtures/vllm/simulate.js'

const path = '/v1/chat/completions'
const start = async (t: Test, fault: Fault, options: SimulateOptions = {}) => {
  const server = await simulate(options)
  t.teardown(() => server.close())
  server.script(/./, fault)
  return { server, tell: (more?: object) => ask(server.url, path, chat('hello', more)) }
}

t.test('every form of error body there is', async t => {
  const forms: [Fault, number, string | RegExp][] = [
    [
      { fault: 'status', status: 500 },
      500,
      '{"error":{"message":"Internal server error","type":"InternalServerError","param":null,"code":500}}',
    ],
    [
      { fault: 'status', status: 400, form: 'flat', message: 'no' },
      400,
      '{"object":"error","message":"no","type":"Bad Request","param":null,"code":400}',
    ],
    [
      { fault: 'status', status: 503, form: 'string', message: 'no' },
      503,
      '{"error":"no"}',
    ],
    [
      { fault: 'status', status: 404, form: 'rust', message: 'no', type: 'x' },
      404,
      '{"error":{"message":"no","type":"invalid_request_error","param":null,"code":"model_not_found"}}',
    ],
    [{ fault: 'status', status: 500, form: 'text' }, 500, 'Internal Server Error'],
    [{ fault: 'status', status: 502, form: 'html' }, 502, /502 Bad Gateway/],
    [{ fault: 'status', status: 403, form: 'detail' }, 403, '{"detail":"Forbidden"}'],
  ]
  for (const [fault, status, body] of forms) {
    const { tell } = await start(t, fault)
    const told = await tell()
    t.equal(told.status, status)
    t.match(told.text, body)
  }
})

t.test('503 of admission has no Retry-After, 429 of a router may have one', async t => {
  const busy = await (await start(t, { fault: 'busy' })).tell()
  t.equal(busy.status, 503)
  t.match(busy.json.error, { code: 503, message: /currently busy/ })
  t.notOk('retry-after' in busy.headers)
  const limited = await (await start(t, { fault: 'rate-limit', retryAfter: 2 })).tell()
  t.match(limited, { status: 429, headers: { 'retry-after': '2' } })
  const bare = await (await start(t, { fault: 'rate-limit' })).tell()
  t.notOk('retry-after' in bare.headers)
})

t.test(
  'a connection breaks before the answer, after its headers, or in its middle',
  async t => {
    for (const fault of ['reset', 'close'] as const)
      for (const when of ['before', 'after-headers', 'half-body'] as const) {
        const { tell } = await start(t, { fault, when })
        await t.rejects(tell(), { code: 'ECONNRESET' }, `${fault} ${when}`)
      }
  },
)

t.test('a stalled answer stays open, with as much of it as was told', async t => {
  for (const when of ['before', 'after-headers', 'half-body'] as const) {
    const { server } = await start(t, { fault: 'stall', when })
    const outgoing = request(server.url + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
    })
    outgoing.on('error', () => {})
    outgoing.end(JSON.stringify(chat('hello')))
    if (when !== 'before') {
      const [incoming] = (await once(outgoing, 'response')) as [IncomingMessage]
      t.equal(incoming.statusCode, 200)
      if (when === 'half-body') {
        const [part] = (await once(incoming, 'data')) as [Buffer]
        t.equal(part.length, Number(incoming.headers['content-length']) >> 1)
      }
      incoming.on('error', () => {})
    } else while (server.requests.length === 0) await new Promise(setImmediate)
    t.equal(server.stats.connections, 1)
    outgoing.destroy()
  }
})

t.test('a connection is reset exactly when it is used again', async t => {
  const { server } = await start(t, { fault: 'close-on-reuse' })
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  t.teardown(() => agent.destroy())
  const tell = () => ask(server.url, path, chat('hello'), { agent })
  t.equal((await tell()).status, 200)
  await t.rejects(tell(), { code: 'ECONNRESET' })
  t.equal((await tell()).status, 200, 'a new connection works')
})

t.test('bodies that are no answer', async t => {
  const garbage = await (await start(t, { fault: 'garbage' })).tell()
  t.equal(garbage.status, 200)
  t.throws(() => garbage.json)
  const html = await (await start(t, { fault: 'content-type' })).tell()
  t.match(html.headers['content-type'], 'text/html')
  t.ok(html.json.choices)
  const moved = await (await start(t, { fault: 'redirect', location: '/x' })).tell()
  t.match(moved, { status: 307, headers: { location: '/x' } })
  const huge = await (await start(t, { fault: 'huge', bytes: 1_000_000 })).tell()
  t.ok(huge.text.length > 1_000_000)
})

t.test('answers with odd choices', async t => {
  const choices = async (fault: Fault, more?: object) =>
    (await (await start(t, fault)).tell(more)).json.choices
  t.match(await choices({ fault: 'abort' }), [{ finish_reason: 'abort' }])
  t.match(await choices({ fault: 'truncate' }), [{ finish_reason: 'length' }])
  t.same(await choices({ fault: 'no-choices' }), [])
  t.equal((await choices({ fault: 'choice-count' }, { n: 3 })).length, 2)
  t.equal((await choices({ fault: 'choice-count', by: 2 }, { n: 3 })).length, 5)
  t.match(await choices({ fault: 'null-content' }), [
    { message: { content: null, reasoning: /hello/ } },
  ])
  t.match(await choices({ fault: 'reasoning', text: 'hm' }), [
    { message: { content: /hello/, reasoning: 'hm' } },
  ])
  t.match(await choices({ fault: 'empty-content' }), [{ message: { content: '' } }])
})

t.test('a stream may end with an error and still say [DONE]', async t => {
  const { tell } = await start(t, { fault: 'stream-error' })
  const { text } = await tell({ stream: true })
  t.match(
    text,
    /data: \{"error":\{"message":"Internal server error".*\n\ndata: \[DONE\]\n\n$/,
  )
})

t.test('an engine that dies takes everything in flight with it', async t => {
  const server = await simulate({ time: 60_000 })
  t.teardown(() => server.close())
  const waiting = [1, 2].map(number => ask(server.url, path, chat(`wait ${number}`)))
  while (server.stats.running < 2) await new Promise(setImmediate)
  const dead = server.die({ exitMs: 50 })
  for (const told of await Promise.all(waiting))
    t.match(told, {
      status: 500,
      json: { error: { message: /^EngineCore encountered/ } },
    })
  t.equal((await ask(server.url, '/health')).status, 503)
  t.equal((await ask(server.url, path, chat('x'))).status, 500)
  await dead
  await t.rejects(ask(server.url, '/health'), { code: 'ECONNREFUSED' })
  await server.revive()
  t.equal((await ask(server.url, '/health')).status, 200)
})

t.test('a stream in flight ends with an error event when the engine dies', async t => {
  const server = await simulate({ time: 60_000 })
  t.teardown(() => server.close())
  const open = ask(server.url, path, chat('wait', { stream: true }))
  while (server.stats.running < 1) await new Promise(setImmediate)
  const dead = server.die({ exitMs: 50 })
  t.match((await open).text, /"role":"assistant"[\s\S]*"code":500\}\}\n\ndata: \[DONE\]/)
  await dead
})

t.test('a request can kill the engine', async t => {
  const { server, tell } = await start(
    t,
    { fault: 'engine-death' },
    { version: '0.30.0' },
  )
  t.match(await tell(), { status: 500, text: /EngineCore/ })
  for (;;) {
    const outcome = await ask(server.url, '/version').then(
      () => 'answered',
      (error: NodeJS.ErrnoException) => error.code,
    )
    if (outcome === 'ECONNREFUSED') break
  }
  await server.revive()
  t.equal((await ask(server.url, '/version')).status, 200)
})

t.test(
  'a process that is killed says nothing, and its supervisor restarts it',
  async t => {
    const { server, tell } = await start(
      t,
      { fault: 'process-death' },
      { restartMs: 20, time: 60_000 },
    )
    server.script('wait', { fault: 'stall' })
    const beside = t.rejects(ask(server.url, path, chat('wait')), { code: 'ECONNRESET' })
    while (server.stats.calls[path] !== 1) await new Promise(setImmediate)
    await t.rejects(tell(), { code: 'ECONNRESET' })
    await beside
    t.equal(server.stats.deaths, 1)
    for (;;) {
      const status = await ask(server.url, '/health').then(
        told => told.status,
        () => 0,
      )
      if (status === 200) break
    }
  },
)

t.test('a full queue is refused, and the refusal counted', async t => {
  const server = await simulate({ time: 60_000, maxNumQueuedReqs: 3 })
  t.teardown(() => server.close())
  const abort = new AbortController()
  const open = ask(server.url, path, chat('x', { n: 2 }), { signal: abort.signal })
  while (server.stats.running < 2) await new Promise(setImmediate)
  t.equal((await ask(server.url, path, chat('x', { n: 2 }))).status, 503)
  t.equal(server.stats.refused, 1)
  t.match(
    (await ask(server.url, '/metrics')).text,
    /vllm:admission_rejections_total\{model_name="simulated",reason="max_num_queued_reqs"\} 1.0/,
  )
  abort.abort()
  await t.rejects(open)
})
