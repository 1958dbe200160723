import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import t, { type Test } from 'tap'
import {
  type Answerer,
  completion,
  failure,
  loopback,
  type LoopbackOptions,
  send,
} from '../../fixtures/loopback.js'
import type { ModelCall, Outcome } from '../../lib/model/model.js'
import type { VllmOptions } from '../../lib/model/options.js'
import { vllm } from '../../lib/model/vllm.js'

const ask = (content = 'Hi', more: Partial<ModelCall> = {}): ModelCall => ({
  label: 'generate',
  rank: 0,
  messages: [{ role: 'user', content }],
  sampling: { temperature: 1, topP: 1, maxTokens: 64 },
  ...more,
})
const wide = (n: number, content = 'Hi'): ModelCall =>
  ask(content, { sampling: { temperature: 1, topP: 1, maxTokens: 64, n } })

const serve = async (
  t: Test,
  answer: Answerer,
  options: Partial<VllmOptions> = {},
  server: LoopbackOptions = {},
) => {
  const fake = await loopback(answer, server)
  const model = await vllm({ urls: [fake.url], backoffMs: 1, ...options })
  t.teardown(async () => {
    model.abort()
    await fake.close()
  })
  return { fake, model }
}

/** Answers that wait to be released by the test. */
const held = () => {
  const waiting: { content: string; n: number; response: ServerResponse }[] = []
  let arrived: (() => void) | undefined
  const answer: Answerer = ({ body }, response) => {
    waiting.push({
      content: body.messages[0].content,
      n: body.n ?? 1,
      response,
    })
    arrived?.()
  }
  return {
    answer,
    waiting,
    /** Resolves when `count` requests are open at the server. */
    open: async (count: number) => {
      while (waiting.length < count) await new Promise<void>(done => (arrived = done))
      return waiting.map(({ content }) => content)
    },
    release: () => {
      const next = waiting.shift()
      if (next)
        send(
          next.response,
          completion(...Array.from({ length: next.n }, () => ({ text: next.content }))),
        )
      return next?.content
    },
  }
}

const ok = completion({ text: 'fine' })
const settled = (outcome: Outcome) => {
  if (!outcome.ok) throw new Error(outcome.message)
  return outcome
}

t.test('which answers are asked for again', async t => {
  const matrix: [name: string, first: Answerer, code: string | undefined][] = [
    ...([408, 429, 500, 502, 503, 504, 529] as const).map(
      (status): [string, Answerer, undefined] => [
        `status ${status}`,
        (_seen, response) => send(response, failure(status, 'no'), status),
        undefined,
      ],
    ),
    [
      '500 in plain text',
      (_, response) => send(response, 'Internal Server Error', 500),
      undefined,
    ],
    [
      '502 in HTML',
      (_, response) => send(response, '<title>Bad Gateway</title>', 502),
      undefined,
    ],
    [
      '200 with abort',
      (_, response) => send(response, completion({ text: 'x', finish: 'abort' })),
      undefined,
    ],
    [
      '200 with an error of 500',
      (_, response) => send(response, failure(500, 'boom')),
      undefined,
    ],
    [
      'a reset before the answer',
      (_, response) => void response.socket?.resetAndDestroy(),
      undefined,
    ],
    [
      'a close before the answer',
      (_, response) => void response.socket?.destroy(),
      undefined,
    ],
    [
      'half a body',
      (_, response) => {
        response.writeHead(200, { 'content-length': 999 })
        response.write('{"choices":[', () => response.socket?.destroy())
      },
      undefined,
    ],
    [
      'half a chunked body',
      (_, response) => {
        response.writeHead(200)
        response.write('{"choices":[', () => response.socket?.resetAndDestroy())
      },
      undefined,
    ],
    [
      'something that is not HTTP',
      (_, response) => void response.socket?.end('SSH-2.0-OpenSSH_9.2\r\n'),
      undefined,
    ],
    ...(
      [
        [400, 'bad_request'],
        [401, 'unauthorized'],
        [403, 'unauthorized'],
        [404, 'no_such_model'],
        [405, 'bad_request'],
        [413, 'too_long'],
        [422, 'bad_request'],
        [501, 'bad_request'],
        [505, 'bad_request'],
      ] as const
    ).map(([status, code]): [string, Answerer, string] => [
      `status ${status}`,
      (_, response) => send(response, failure(status, 'no model for you'), status),
      code,
    ]),
    [
      'a redirect',
      (_, response) => send(response, '', 307, { location: 'https://elsewhere/v1' }),
      'bad_response',
    ],
    ['200 that is no JSON', (_, response) => send(response, 'welcome'), 'bad_response'],
    ['200 with no choice', (_, response) => send(response, completion()), 'bad_response'],
  ]
  for (const [name, first, code] of matrix)
    t.test(code ? `${name}: never` : `${name}: yes`, async t => {
      const { fake, model } = await serve(t, (seen, response, index) =>
        index === 0 ? first(seen, response, 0) : send(response, ok),
      )
      const outcome = await model.call(ask())
      if (code) t.match(outcome, { ok: false, code, attempts: 1 })
      else t.match(outcome, { ok: true, attempts: 2, choices: [{ text: 'fine' }] })
      t.equal(fake.calls.length, code ? 1 : 2)
      t.equal(model.stats().retries, code ? 0 : 1)
    })
})

t.test('an answer far larger than its tokens is cut off, and the call ends', async t => {
  let gone: Promise<unknown> | undefined
  const { fake, model } = await serve(t, (_, response) => {
    gone = once(response, 'close')
    response.writeHead(200)
    const more = (): unknown =>
      response.write('x'.repeat(65_536), error => error ?? more())
    more()
  })
  t.match(await model.call(ask()), {
    code: 'bad_response',
    attempts: 1,
    message: /larger than is taken \(more than [\d,]+ bytes\)/,
    raw: /^x+$/,
  })
  await gone
  t.equal(fake.calls.length, 1)
})

t.test('a redirect is reported with its goal', async t => {
  const { model } = await serve(t, (_, response) =>
    send(response, '', 308, { location: 'https://elsewhere/v1' }),
  )
  t.match(await model.call(ask()), { message: /https:\/\/elsewhere\/v1/, status: 308 })
})

t.test('a retry repeats the same bytes under a name of its own', async t => {
  const { fake, model } = await serve(t, (_, response, index) =>
    index < 2 ? send(response, 'busy', 503) : send(response, ok),
  )
  const sampling = { temperature: 1, topP: 1, maxTokens: 64, seed: 7 }
  await model.call(ask('Hi', { sampling }))
  const [first, second, third] = fake.calls
  t.equal(first?.text, second?.text)
  t.equal(first?.text, third?.text)
  t.equal(first?.body.seed, 7)
  const ids = fake.calls.map(({ headers }) => headers['x-request-id'])
  t.match(ids[0], /^ultraif-[0-9a-f]{8}-0-1$/)
  t.equal(new Set(ids).size, 3)
})

t.test('retries end, and the outcome tells the last reason', async t => {
  const { fake, model } = await serve(
    t,
    (_, response) => send(response, failure(503, 'The engine is currently busy'), 503),
    { retries: 2 },
  )
  t.match(await model.call(ask()), {
    ok: false,
    code: 'overloaded',
    status: 503,
    attempts: 3,
    message: /currently busy.*gave up after 3 attempts/,
    raw: /currently busy/,
  })
  t.equal(fake.calls.length, 3)
  t.match(model.stats(), { failed: 1, retries: 2, calls: { generate: 1 }, inFlight: 0 })
})

t.test('the last reply is kept, though a later attempt brought none', async t => {
  const { model } = await serve(
    t,
    (_, response, index) => {
      if (index === 0) send(response, completion({ text: 'half a', finish: 'abort' }))
      else response.socket?.destroy()
    },
    { retries: 1 },
  )
  t.match(await model.call(ask()), {
    code: 'unreachable',
    raw: /"half a".*"abort"/,
    attempts: 3,
  })
})

t.test('with no retries a failure is final at once', async t => {
  const { fake, model } = await serve(t, (_, response) => send(response, 'x', 500), {
    retries: 0,
  })
  t.match(await model.call(ask()), { code: 'server_error', attempts: 1 })
  t.equal(fake.calls.length, 1)
})

t.test(
  'a prompt that kills the engine is found out, and its neighbours live',
  async t => {
    const open = new Set<ServerResponse>()
    const died = failure(500, 'EngineCore encountered an issue.')
    const { fake, model } = await serve(t, ({ body }, response) => {
      open.add(response)
      if (body.messages[0].content === 'poison') {
        for (const each of open) send(each, died, 500)
        open.clear()
      } else
        // Slower than a death: whoever is there with the poison dies with it.
        setImmediate(() =>
          setImmediate(() => {
            if (open.delete(response)) send(response, ok)
          }),
        )
    })
    const neighbours = Array.from({ length: 6 }, (_, i) =>
      model.call(ask(`good ${i}`, { rank: i })),
    )
    const poison = model.call(ask('poison', { rank: 9 }))
    t.match(await poison, {
      code: 'poison_prompt',
      attempts: 3,
      message: /died of this prompt, alone with it/,
      raw: /EngineCore/,
    })
    for (const outcome of await Promise.all(neighbours)) t.match(outcome, { ok: true })
    t.equal(
      fake.calls.filter(({ body }) => body.messages[0].content === 'poison').length,
      3,
    )
    t.match(await model.call(ask()), { ok: true })
  },
)

t.test('a pause asked for that outlasts the deadline ends the call now', async t => {
  const { model } = await serve(
    t,
    (_, response) => send(response, 'later', 429, { 'retry-after': '40' }),
    { deadlineMs: 20_000 },
  )
  t.match(await model.call(ask()), {
    code: 'overloaded',
    attempts: 1,
    message: /no time left/,
  })
})

t.test('a call that backs off leaves its room to others', async t => {
  let failed = false
  const { fake, model } = await serve(
    t,
    ({ body }, response) => {
      if (body.messages[0].content === 'first' && !failed) {
        failed = true
        send(response, 'later', 503, { 'retry-after': '0.2' })
      } else send(response, ok)
    },
    { concurrency: 1 },
  )
  const outcomes = await Promise.all([
    model.call(ask('first')),
    model.call(ask('second')),
  ])
  t.ok(outcomes.every(({ ok }) => ok))
  t.strictSame(
    fake.calls.map(({ body }) => body.messages[0].content),
    ['first', 'second', 'first'],
  )
})

t.test('older records are served first, whatever was asked first', async t => {
  const server = held()
  const { model } = await serve(t, server.answer, { concurrency: 1 })
  const calls = [5, 3, 9, 3].map((rank, i) => model.call(ask(`${rank}/${i}`, { rank })))
  const served: (string | undefined)[] = []
  for (let i = 0; i < calls.length; i++) {
    await server.open(1)
    t.equal(model.stats().queued, 3 - i)
    served.push(server.release())
  }
  t.strictSame(served, ['3/1', '3/3', '5/0', '9/2'])
  await Promise.all(calls)
})

t.test('a call of n counts n, and nothing overtakes it', async t => {
  const server = held()
  const { model } = await serve(t, server.answer, { concurrency: 6 })
  const calls = [wide(4, 'a'), wide(3, 'b'), wide(1, 'c'), wide(2, 'd')].map(call =>
    model.call(call),
  )
  t.strictSame(await server.open(1), ['a'])
  t.match(model.stats(), { inFlight: 4, limit: 6, queued: 3 })
  server.release()
  t.strictSame(await server.open(3), ['b', 'c', 'd'])
  t.match(model.stats(), { inFlight: 6, queued: 0 })
  for (let i = 0; i < 3; i++) server.release()
  for (const outcome of await Promise.all(calls)) t.ok(outcome.ok)
  t.equal(model.stats().inFlight, 0)
})

t.test('a call wider than the limit goes alone', async t => {
  const server = held()
  const { model } = await serve(t, server.answer, { concurrency: 2 })
  const calls = [ask('a'), wide(5, 'b'), ask('c')].map(call => model.call(call))
  t.strictSame(await server.open(1), ['a'])
  server.release()
  t.strictSame(await server.open(1), ['b'])
  t.equal(model.stats().inFlight, 5)
  server.release()
  t.strictSame(await server.open(1), ['c'])
  server.release()
  t.strictSame(
    (await Promise.all(calls)).map(outcome => settled(outcome).choices.length),
    [1, 5, 1],
  )
})

t.test('the deadline starts when a call is sent, and frees its room', async t => {
  const server = held()
  const { model } = await serve(t, server.answer, { concurrency: 1, deadlineMs: 150 })
  const [first, second] = [model.call(ask('slow')), model.call(ask('next'))]
  await server.open(1)
  const gone = once(server.waiting[0]?.response as ServerResponse, 'close')
  t.match(await first, { code: 'deadline', attempts: 1, message: /0\.15 s/ })
  await gone
  server.waiting.shift()
  await server.open(1)
  server.release()
  t.match(await second, { ok: true })
})

t.test('time that the process stood still does not count against a call', async t => {
  const server = held()
  const { model } = await serve(t, server.answer, { deadlineMs: 1000 })
  const call = model.call(ask())
  await server.open(1)
  // As SIGSTOP does: nothing runs here, and every timer is late.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1500)
  server.release()
  t.match(await call, { ok: true, attempts: 1 })
})

t.test('a call that failed again and again ends at its deadline', async t => {
  const { model } = await serve(
    t,
    (_, response, index) => {
      if (index < 2) send(response, 'x', 500)
    },
    { deadlineMs: 200 },
  )
  t.match(await model.call(ask()), { code: 'deadline', attempts: 3 })
})

t.test('abort settles open and waiting calls, and the server sees them go', async t => {
  const server = held()
  const { fake, model } = await serve(t, server.answer, { concurrency: 1 })
  const calls = [model.call(ask('a')), model.call(ask('b'))]
  await server.open(1)
  const gone = once(server.waiting[0]?.response as ServerResponse, 'close')
  model.abort()
  for (const outcome of await Promise.all(calls))
    t.match(outcome, { ok: false, code: 'aborted' })
  await gone
  t.equal(fake.calls.length, 1)
  t.match(model.stats(), { inFlight: 0, queued: 0, failed: 2 })
  t.match(await model.call(ask()), { code: 'aborted', attempts: 0 })
  await model.close()
})

t.test('a signal aborts a call that is backing off', async t => {
  const stop = new AbortController()
  const { fake, model } = await serve(
    t,
    (_, response) => {
      send(response, 'later', 503, { 'retry-after': '30' })
      response.once('close', () => setImmediate(() => stop.abort()))
    },
    { signal: stop.signal },
  )
  t.match(await model.call(ask()), { code: 'aborted', attempts: 1 })
  t.equal(fake.calls.length, 1)
})

t.test('close waits for open calls and takes no more', async t => {
  const server = held()
  const { model } = await serve(t, server.answer, { concurrency: 1 })
  const calls = [model.call(ask('a')), model.call(ask('b'))]
  await server.open(1)
  const closed = model.close()
  t.match(await model.call(ask()), { code: 'aborted' })
  server.release()
  await server.open(1)
  server.release()
  await closed
  for (const outcome of await Promise.all(calls)) t.ok(outcome.ok)
})

t.test('sockets that died idle cost a call nothing but a new connection', async t => {
  // As after SIGSTOP: every idle socket is dead, and each is found out only by writing to it.
  const used = new WeakSet<object>()
  const { fake, model } = await serve(
    t,
    (_, response) => {
      const { socket } = response
      if (!socket || used.has(socket)) return socket?.destroy()
      used.add(socket)
      send(response, ok)
    },
    { retries: 0 },
  )
  const round = () => Promise.all(Array.from({ length: 20 }, () => model.call(ask())))
  for (const outcome of await round()) t.match(outcome, { ok: true, attempts: 1 })
  for (const outcome of await round()) t.match(outcome, { ok: true })
  t.equal(model.stats().failed, 0)
  t.ok(fake.calls.length > 40, 'some met a dead socket')
})

t.test('a server that resets every connection is not asked for ever', async t => {
  const { fake, model } = await serve(
    t,
    (_, response) => void response.socket?.resetAndDestroy(),
    { retries: 1 },
  )
  t.match(await model.call(ask()), { code: 'unreachable', attempts: 3 })
  t.equal(fake.calls.length, 3)
})

t.test('a server that went away is asked again until it is back', async t => {
  const { fake, model } = await serve(t, (_, response) => send(response, ok), {
    backoffMs: 100,
  })
  settled(await model.call(ask()))
  const port = Number(new URL(fake.url).port)
  await fake.close()
  const call = model.call(ask())
  await new Promise<void>(done => {
    const look = (): unknown =>
      model.stats().inFlight === 0 ? done() : setImmediate(look)
    setImmediate(look)
  })
  const back = await loopback((_, response) => send(response, ok), { port })
  t.teardown(() => back.close())
  t.match(await call, { ok: true })
})

t.test('a schema that the server refuses is asked for by the prompt alone', async t => {
  const { fake, model } = await serve(t, ({ body }, response) =>
    body.response_format
      ? send(
          response,
          failure(400, 'Grammar error: Unimplemented keys: ["uniqueItems"]'),
          400,
        )
      : send(response, ok),
  )
  const schema = { name: 'odd', schema: { type: 'array', uniqueItems: true } }
  t.match(await model.call(ask('Hi', { schema })), { ok: true, attempts: 2 })
  t.match(await model.call(ask('Hi', { schema })), { ok: true, attempts: 1 })
  t.strictSame(
    fake.calls.map(({ body }) => 'response_format' in body),
    [true, false, false],
  )
  t.equal(model.stats().failed, 0)
})

t.test('what can only be refused is not sent', async t => {
  const { fake, model } = await serve(t, (_, response) => send(response, ok))
  const sampling = { temperature: 1, topP: 1, maxTokens: 1 }
  t.match(await model.call(ask('x', { sampling: { ...sampling, stop: [...'abcde'] } })), {
    code: 'bad_request',
    message: /5 stop strings/,
  })
  t.match(await model.call(wide(0)), { code: 'bad_request', message: /n is 0/ })
  t.match(await model.call(ask('x', { extra: { big: 1n } })), {
    code: 'bad_request',
    message: /JSON/,
  })
  t.equal(fake.calls.length, 0)
  t.match(model.stats(), { inFlight: 0, queued: 0, failed: 3 })
})

t.test('calls spread over servers by their load', async t => {
  const servers = [held(), held()] as const
  const fakes = await Promise.all(servers.map(({ answer }) => loopback(answer)))
  const model = await vllm({ urls: fakes.map(({ url }) => url), concurrency: 2 })
  t.teardown(async () => {
    model.abort()
    for (const fake of fakes) await fake.close()
  })
  const calls = Array.from({ length: 5 }, (_, i) => model.call(ask(`${i}`, { rank: i })))
  await Promise.all(servers.map(server => server.open(2)))
  t.match(model.stats(), { inFlight: 4, limit: 4, queued: 1 })
  servers[1].release()
  await servers[1].open(2)
  t.match(model.stats(), { inFlight: 4, queued: 0 })
  for (const server of servers) while (server.release() !== undefined);
  for (const outcome of await Promise.all(calls)) t.ok(outcome.ok)
})

t.test('a retry goes to another server where there is one', async t => {
  const bad = await loopback((_, response) => send(response, 'x', 500))
  const good = await loopback((_, response) => send(response, ok))
  const model = await vllm({ urls: [bad.url, good.url], backoffMs: 1 })
  t.teardown(async () => {
    model.abort()
    await bad.close()
    await good.close()
  })
  const outcomes = await Promise.all(
    Array.from({ length: 32 }, (_, rank) => model.call(ask('Hi', { rank }))),
  )
  for (const outcome of outcomes) t.ok(outcome.ok && outcome.attempts <= 2)
  t.ok(bad.calls.length > 0)
})

t.test('no more sockets are opened than sequences are allowed', async t => {
  const { fake, model } = await serve(t, (_, response) => send(response, ok), {
    concurrency: 8,
  })
  await Promise.all(Array.from({ length: 400 }, () => model.call(ask())))
  t.ok(fake.sockets <= 8, `${fake.sockets} sockets`)
})
