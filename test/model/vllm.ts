import t, { type Test } from 'tap'
import {
  completion,
  failure,
  loopback,
  type LoopbackOptions,
  send,
} from '../../fixtures/loopback.js'
import type { VllmOptions } from '../../lib/model/options.js'
import { vllm } from '../../lib/model/vllm.js'

const ok = completion({ text: 'fine' })
const call = {
  label: 'x',
  rank: 0,
  messages: [{ role: 'user' as const, content: 'Hi' }],
  sampling: { temperature: 0, topP: 1, maxTokens: 64 },
}
const serve = async (t: Test, options: LoopbackOptions = {}) => {
  const fake = await loopback((_, response) => send(response, ok), options)
  t.teardown(() => fake.close())
  return fake
}
/** Connects, and closes when the test is over. */
const connect = async (t: Test, options: VllmOptions) => {
  const model = await vllm({ startWaitMs: 0, ...options })
  t.teardown(() => model.close())
  return model
}

t.test('the only model listed is the one, with its context length', async t => {
  const { url } = await serve(t)
  t.match(await connect(t, { urls: [url] }), { name: 'm', maxModelLen: 4096 })
})

t.test('of several models one must be named, and the message lists them', async t => {
  const { url } = await serve(t, {
    models: [{ id: 'a' }, { id: 'b', max_model_len: null }],
  })
  await t.rejects(connect(t, { urls: [url] }), {
    code: 'usage',
    message: /serves several models.*a, b/,
  })
  t.match(await connect(t, { urls: [url], model: 'b' }), {
    name: 'b',
    maxModelLen: undefined,
  })
})

t.test('a model that is not there is refused before any call', async t => {
  const { url } = await serve(t)
  await t.rejects(connect(t, { urls: [url], model: 'nope' }), {
    code: 'usage',
    message: /no model "nope"; there is m/,
  })
})

t.test('a server without a list of models works with a name', async t => {
  const { url } = await serve(t, {
    other: ({ path }, response) =>
      path.endsWith('/models') && (send(response, { detail: 'Not Found' }, 404), true),
  })
  await t.rejects(connect(t, { urls: [url] }), { code: 'usage', message: /--model/ })
  const model = await connect(t, { urls: [url], model: 'any' })
  t.match(await model.call(call), { ok: true })
})

t.test('replicas must serve the same model; the shortest context counts', async t => {
  const [a, b, c] = [
    await serve(t, { models: [{ id: 'm', max_model_len: 8192 }] }),
    await serve(t, { models: [{ id: 'm', max_model_len: 2048 }] }),
    await serve(t, { models: [{ id: 'other' }] }),
  ] as const
  t.equal((await connect(t, { urls: [a.url, b.url] })).maxModelLen, 2048)
  await t.rejects(connect(t, { urls: [a.url, c.url] }), {
    message: /one model.*m,.*other/,
  })
  await t.rejects(connect(t, { urls: [a.url, `${a.url}/v1/`] }), {
    message: /named twice/,
  })
})

t.test('paths, key and request go out as they should', async t => {
  const { url, calls, others } = await serve(t)
  const model = await connect(t, {
    urls: [`${url}/proxy/v1/`],
    apiKey: 'sk-1',
    extraBody: { chat_template_kwargs: { enable_thinking: false } },
  })
  await model.call(call)
  t.ok(others.some(({ path }) => path === '/proxy/v1/models'))
  t.ok(others.some(({ path }) => path === '/proxy/version'))
  t.match(calls[0], {
    path: '/proxy/v1/chat/completions',
    headers: { authorization: 'Bearer sk-1', 'content-type': 'application/json' },
    body: { model: 'm', chat_template_kwargs: { enable_thinking: false } },
  })
})

t.test('a raw prompt goes to the completions route', async t => {
  const fake = await loopback((_, response) =>
    send(response, { choices: [{ index: 0, text: ' Paris', finish_reason: 'length' }] }),
  )
  t.teardown(() => fake.close())
  const model = await connect(t, { urls: [fake.url] })
  const { messages: _none, ...rest } = call
  t.match(await model.call({ ...rest, prompt: 'The capital of France is' }), {
    ok: true,
    choices: [{ text: ' Paris', finish: 'length' }],
  })
  t.equal(fake.calls[0]?.path, '/v1/completions')
})

t.test('calls and tokens are counted', async t => {
  const { url } = await serve(t)
  const model = await connect(t, { urls: [url] })
  await Promise.all([
    model.call(call),
    model.call(call),
    model.call({ ...call, label: 'y' }),
  ])
  t.strictSame(model.stats(), {
    calls: { x: 2, y: 1 },
    ended: 3,
    failed: 0,
    retries: 0,
    tokens: { prompt: 21, completion: 6 },
    inFlight: 0,
    limit: 64,
    queued: 0,
    servers: [
      {
        url,
        limit: 64,
        inFlight: 0,
        reason: 'fixed: /metrics answers 404',
        version: '0.32.0',
      },
    ],
  })
})

t.test('a server that is not there is named, with the cause and what to do', async t => {
  const gone = await loopback(() => {})
  await gone.close()
  await t.rejects(vllm({ urls: [`${gone.url}/v1`], startWaitMs: 150 }), {
    code: 'server_unreachable',
    exitCode: 1,
    message: new RegExp(
      `^${gone.url}: no connection \\(.*ECONNREFUSED.*Is the server started`,
    ),
  })
})

t.test('a server that is still starting is waited for', async t => {
  const gone = await loopback(() => {})
  await gone.close()
  const model = vllm({ urls: [gone.url], startWaitMs: 60_000 })
  const port = Number(new URL(gone.url).port)
  let asked = 0
  const late = await loopback((_, response) => send(response, ok), {
    port,
    // A gateway before a model that is loading.
    other: (_, response) => asked++ < 2 && (send(response, 'loading', 503), true),
  })
  t.teardown(() => late.close())
  await (await model).close()
  t.ok(asked > 2)
})

t.test('a refused key says which key to set, and shows none', async t => {
  const { url } = await serve(t, {
    other: (_, response) => (send(response, { error: 'Unauthorized' }, 401), true),
  })
  await t.rejects(vllm({ urls: [url], apiKey: 'sk-wrong' }), {
    code: 'server_unusable',
    message: /401 Unauthorized.*ULTRAIF_API_KEY/,
  })
  await vllm({ urls: [url], apiKey: 'sk-wrong' }).catch((error: Error) =>
    t.notMatch(error.message, /sk-wrong/),
  )
})

t.test('what is no model server is told so', async t => {
  const { url } = await serve(t, {
    other: (_, response) => (send(response, '<html>It works!</html>'), true),
  })
  await t.rejects(vllm({ urls: [url] }), {
    code: 'server_unusable',
    message: /not with a list of models/,
  })
})

t.test('a server that redirects is told the other URL', async t => {
  const { url } = await serve(t, {
    other: (_, response) => (send(response, '', 301, { location: 'https://b/v1' }), true),
  })
  await t.rejects(vllm({ urls: [url] }), {
    code: 'server_unusable',
    message: /https:\/\/b\/v1/,
  })
})

t.test('options are strict', async t => {
  const urls = ['http://127.0.0.1:1']
  const wrong: object[] = [
    {},
    { urls: [] },
    { urls, concurency: 5 },
    { urls, concurrency: 0 },
    { urls, concurrency: 'many' },
    { urls, extraBody: { stream: true } },
    { urls: ['localhost:8000'] },
  ]
  for (const options of wrong)
    await t.rejects(
      vllm(options as VllmOptions),
      { code: 'usage' },
      JSON.stringify(options),
    )
})

t.test('a server that knows no json_schema is asked by the prompt alone', async t => {
  const schema = { name: 's', schema: { type: 'object' } }
  const answers: [name: string, reply: object, status: number, sent: boolean][] = [
    ['refused', failure(400, 'response_format is not supported'), 400, false],
    ['ignored', completion({ text: 'Yes.' }), 200, false],
    [
      'cut before it could tell',
      completion({ text: '{\n\n\n', finish: 'length' }),
      200,
      true,
    ],
    ['down just now', failure(500, 'no'), 500, true],
    ['honoured', completion({ text: '{ "ready": "no" }' }), 200, true],
  ]
  for (const [name, reply, status, sent] of answers)
    await t.test(name, async t => {
      const { url, calls } = await serve(t, {
        other: ({ method }, response) =>
          method === 'POST' && (send(response, reply, status), true),
      })
      const model = await connect(t, { urls: [url] })
      await model.call({ ...call, schema })
      t.equal('response_format' in calls[0]?.body, sent)
    })
})

t.test('a signal stops the wait for a server', async t => {
  const gone = await loopback(() => {})
  await gone.close()
  const stop = new AbortController()
  const waiting = vllm({ urls: [gone.url], startWaitMs: 600_000, signal: stop.signal })
  setImmediate(() => stop.abort(new Error('enough')))
  await t.rejects(waiting, { message: /enough|aborted/ })
})
