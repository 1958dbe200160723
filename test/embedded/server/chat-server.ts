import t from 'tap'
import { once } from 'node:events'
import { request as openRequest } from 'node:http'
import { request } from 'undici'
import {
  scriptedEngine,
  type Script,
} from '../../../fixtures/embedded/scripted-engine.js'
import { startChatServer } from '../../../lib/embedded/server/chat-server.js'
import { vllm } from '../../../lib/model/vllm.js'

// `as any` here: JSON off the wire, whose shape is what the test is about.

type Tap = { teardown(work: () => unknown): void; testdir(): string }

const serve = async (t: Tap, script: Script) => {
  const engine = scriptedEngine(script)
  const server = await startChatServer(engine, {
    modelName: 'tiny',
    folder: t.testdir(),
  })
  t.teardown(() => server.close())
  const ask = async (body: unknown, path = '/v1/chat/completions') => {
    const text = typeof body === 'string' ? body : JSON.stringify(body)
    const answer = await request(server.url + path, { method: 'POST', body: text })
    return { status: answer.statusCode, body: (await answer.body.json()) as any }
  }
  return { engine, server, ask }
}

const user = (content: string) => [{ role: 'user', content }]
const schemaOf = (properties: object) => ({
  type: 'json_schema',
  json_schema: { name: 's', schema: { type: 'object', properties } },
})

t.test('our own client finds the model, its length, and asks it', async t => {
  const { server } = await serve(t, { answer: () => 'Paris.', contextLength: 900 })
  const model = await vllm({ urls: [server.url] })
  t.teardown(() => model.close())
  t.equal(model.name, 'tiny')
  t.equal(model.maxModelLen, 900)
  const outcome = await model.call({
    label: 'x',
    rank: 0,
    messages: [{ role: 'user', content: 'The capital of France?' }],
    sampling: { temperature: 0, topP: 1, maxTokens: 20 },
  })
  t.match(outcome, { ok: true, choices: [{ text: 'Paris.', finish: 'stop' }] })
})

t.test('a prompt over the length is too_long to the client', async t => {
  const { server } = await serve(t, { answer: () => '', contextLength: 100 })
  const model = await vllm({ urls: [server.url] })
  t.teardown(() => model.close())
  const outcome = await model.call({
    label: 'x',
    rank: 0,
    messages: [{ role: 'user', content: 'word '.repeat(100) }],
    sampling: { temperature: 0, topP: 1, maxTokens: 20 },
  })
  t.match(outcome, { ok: false, code: 'too_long' })
})

t.test('without a system message there is one of our own', async t => {
  const { ask } = await serve(t, { answer: prompt => prompt })
  const { body } = await ask({ messages: user('Hi') })
  t.equal(
    body.choices[0].message.content,
    '<system>You are a helpful assistant.<user>Hi<assistant>',
  )
  const own = await ask({ messages: [{ role: 'system', content: 'S' }, ...user('Hi')] })
  t.equal(own.body.choices[0].message.content, '<system>S<user>Hi<assistant>')
})

t.test('sample k of n is drawn with seed + k', async t => {
  const { ask } = await serve(t, { answer: (_, { seed }) => `${seed}` })
  const { body } = await ask({ messages: user('Hi'), n: 3, seed: 40 })
  t.same(
    body.choices.map((choice: any) => [choice.index, choice.message.content]),
    [
      [0, '40'],
      [1, '41'],
      [2, '42'],
    ],
  )
})

t.test('all samples of a request share one reading of the prompt', async t => {
  const { ask, engine } = await serve(t, { answer: () => 'x', sequences: 4 })
  await ask({ messages: user('y'.repeat(200)), n: 4 })
  t.equal(engine.reads.filter(length => length === 64).length, 3)
})

t.test('without a seed, two requests are drawn differently', async t => {
  const { ask } = await serve(t, { answer: (_, { seed }) => `${seed}` })
  const two = [await ask({ messages: user('Hi') }), await ask({ messages: user('Hi') })]
  const [a, b] = two.map(({ body }) => body.choices[0].message.content)
  t.not(a, b)
})

t.test('temperature and top_p go to the engine, with the defaults of vLLM', async t => {
  const { ask } = await serve(t, { answer: (_, drawing) => JSON.stringify(drawing) })
  const drawn = async (body: object) =>
    JSON.parse(
      (await ask({ messages: user('Hi'), ...body })).body.choices[0].message.content,
    )
  t.match(await drawn({}), { temperature: 1, topP: 1 })
  t.match(await drawn({ temperature: 0, top_p: 0.5 }), { temperature: 0, topP: 0.5 })
})

t.test('an answer that reaches max_tokens is cut and says so', async t => {
  const { ask } = await serve(t, { answer: () => 'abcdef' })
  const { body } = await ask({ messages: user('Hi'), max_tokens: 3 })
  t.match(body.choices[0], { message: { content: 'abc' }, finish_reason: 'length' })
  t.equal(body.usage.completion_tokens, 3)
  t.equal(body.usage.total_tokens, body.usage.prompt_tokens + 3)
})

t.test('max_tokens beyond the context is clamped to the room left', async t => {
  const { ask } = await serve(t, { answer: () => 'x'.repeat(500), contextLength: 100 })
  const { body } = await ask({ messages: user('Hi'), max_tokens: 2048 })
  t.equal(body.usage.total_tokens, 100)
})

t.test('the stop string that comes first ends the answer and is left out', async t => {
  const { ask } = await serve(t, { answer: () => 'one, two. three' })
  const { body } = await ask({ messages: user('Hi'), stop: ['.', ','] })
  t.match(body.choices[0], {
    message: { content: 'one' },
    finish_reason: 'stop',
    stop_reason: ',',
  })
})

t.test('a structured answer ends with its closing brace', async t => {
  const answer = '{"a": {"b": "}"}}\n\n\n\n\n'
  const { ask } = await serve(t, { answer: () => answer })
  const { body } = await ask({
    messages: user('Hi'),
    response_format: schemaOf({ a: { type: 'string' } }),
  })
  t.match(body.choices[0], {
    message: { content: '{"a": {"b": "}"}}' },
    finish_reason: 'stop',
  })
})

t.test('the schema reaches the engine as its grammar', async t => {
  const { ask } = await serve(t, {
    answer: (_, { grammar }) => JSON.stringify({ grammar }),
  })
  const { body } = await ask({
    messages: user('Hi'),
    response_format: schemaOf({ a: { type: 'string' } }),
  })
  t.same(JSON.parse(body.choices[0].message.content), {
    grammar: { type: 'object', properties: { a: { type: 'string' } } },
  })
})

t.test('an answer depends on its own request, not on what runs beside it', async t => {
  const answer = (prompt: string, { seed }: { seed: number }) => `${seed} to ${prompt}`
  const { ask, engine } = await serve(t, {
    answer,
    sequences: 4,
    beforeToken: () => new Promise(setImmediate),
  })
  const bodies = Array.from({ length: 12 }, (_, index) => ({
    messages: user(`${index} `.repeat(40 + 30 * index)),
    seed: index,
  }))
  const alone = []
  for (const body of bodies) alone.push((await ask(body)).body.choices[0].message)
  const together = await Promise.all(bodies.map(body => ask(body)))
  t.same(
    together.map(({ body }) => body.choices[0].message),
    alone,
  )
  t.equal(engine.mostWriting, 4)
})

t.test('a client that hangs up frees its place at once', async t => {
  let begun = () => {}
  const isWriting = new Promise<void>(resolve => (begun = resolve))
  const { server, ask, engine } = await serve(t, {
    answer: prompt => (prompt.includes('for ever') ? 'x'.repeat(1e6) : 'short'),
    contextLength: 2e6,
    beforeToken: async () => {
      begun()
      await new Promise(setImmediate)
    },
  })
  const open = openRequest(`${server.url}/v1/chat/completions`, { method: 'POST' })
  open.on('error', () => {})
  open.end(JSON.stringify({ messages: user('Write for ever.') }))
  await isWriting
  open.destroy()
  const { body } = await ask({ messages: user('Hi') })
  t.equal(body.choices[0].message.content, 'short')
  t.equal(engine.writing, 0)
  t.same(server.load(), { free: 1, waiting: 0 })
})

t.test('one that hangs up while it waits is forgotten', async t => {
  let finish = () => {}
  const finished = new Promise<void>(resolve => (finish = resolve))
  const { server, ask } = await serve(t, {
    answer: () => 'x',
    beforeToken: () => finished,
  })
  const first = ask({ messages: user('Hi') })
  while (server.load().free > 0) await new Promise(setImmediate)
  const waiting = openRequest(`${server.url}/v1/chat/completions`, { method: 'POST' })
  waiting.on('error', () => {})
  waiting.end(JSON.stringify({ messages: user('Me too') }))
  while (server.load().waiting === 0) await new Promise(setImmediate)
  waiting.destroy()
  while (server.load().waiting > 0) await new Promise(setImmediate)
  finish()
  t.equal((await first).status, 200)
})

t.test('an engine that fails is a 500 in the form clients know, and goes on', async t => {
  let failing = true
  const { ask, server } = await serve(t, {
    answer: () => {
      if (failing) throw new Error('out of memory')
      return 'fine'
    },
  })
  const { status, body } = await ask({ messages: user('Hi') })
  t.equal(status, 500)
  t.match(body.error, {
    message: 'out of memory',
    type: 'InternalServerError',
    code: 500,
  })
  failing = false
  t.equal((await ask({ messages: user('Hi') })).status, 200)
  t.equal(server.load().free, 1)
})

const refused: [what: string, body: unknown, message: RegExp][] = [
  ['broken JSON', '{"messages": [', /JSON decode error/],
  ['no messages', {}, /body\.messages/],
  ['an empty conversation', { messages: [] }, /empty conversation/],
  [
    'an unknown role',
    { messages: [{ role: 'robot', content: 'x' }] },
    /messages\.0\.role/,
  ],
  ['n = 0', { messages: user('x'), n: 0 }, /^n must be in \[1, /],
  ['greedy n', { messages: user('x'), n: 2, temperature: 0 }, /greedy sampling/],
  ['max_tokens 0', { messages: user('x'), max_tokens: 0 }, /at least 1, got 0/],
  ['text for a number', { messages: user('x'), max_tokens: 'lots' }, /body\.max_tokens/],
  ['a wild temperature', { messages: user('x'), temperature: 50 }, /\[0, 2\], got 50/],
  ['a wild top_p', { messages: user('x'), top_p: 1.5 }, /\(0, 1\], got 1\.5/],
  ['five stop strings', { messages: user('x'), stop: ['a', 'b', 'c', 'd', 'e'] }, /stop/],
  ['streaming', { messages: user('x'), stream: true }, /stream is not supported/],
  [
    'a schema that could not be kept to',
    {
      messages: user('x'),
      response_format: schemaOf({ a: { type: 'string', pattern: 'x' } }),
    },
    /^Grammar error: pattern/,
  ],
]
for (const [what, body, message] of refused)
  t.test(`${what} is a 400 that says why`, async t => {
    const { ask } = await serve(t, { answer: () => 'x' })
    const { status, body: answer } = await ask(body)
    t.equal(status, 400)
    t.match(answer.error, { message, code: 400 })
  })

t.test('another model’s name is a 404', async t => {
  const { ask } = await serve(t, { answer: () => 'x' })
  const { status, body } = await ask({ model: 'gpt', messages: user('x') })
  t.equal(status, 404)
  t.match(body.error, { type: 'NotFoundError', param: 'model' })
})

t.test('fields that vLLM ignores are ignored here too', async t => {
  const { ask } = await serve(t, { answer: () => 'x' })
  const { status } = await ask({
    messages: [{ role: 'user', content: [{ type: 'text', text: 'x' }], name: 'ann' }],
    guided_json: {},
    seed: null,
    response_format: { type: 'text' },
  })
  t.equal(status, 200)
})

t.test('other routes answer as vLLM’s do', async t => {
  const { ask, server } = await serve(t, { answer: () => 'x' })
  t.equal((await request(`${server.url}/health`)).statusCode, 200)
  t.match(await ask({}, '/v1/completions'), {
    status: 404,
    body: { detail: 'Not Found' },
  })
  t.equal((await ask({}, '/v1/models')).status, 405)
})

t.test('closing cuts what is open', async t => {
  const engine = scriptedEngine({
    answer: () => 'x',
    beforeToken: () => new Promise(() => {}),
  })
  const server = await startChatServer(engine, {
    modelName: 'tiny',
    folder: t.testdir(),
  })
  const open = openRequest(`${server.url}/v1/chat/completions`, { method: 'POST' })
  open.end(JSON.stringify({ messages: user('x') }))
  while (server.load().free > 0) await new Promise(setImmediate)
  const broken = once(open, 'error')
  await server.close()
  t.match(await broken, [{ code: 'ECONNRESET' }])
})
