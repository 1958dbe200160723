import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import t, { type Test } from 'tap'
import { ask, chat } from '../../fixtures/ask.js'
import { simulate, type SimulateOptions } from '../../fixtures/vllm/simulate.js'

const path = '/v1/chat/completions'
const start = async (t: Test, options: SimulateOptions = {}) => {
  const server = await simulate(options)
  t.teardown(() => server.close())
  return server
}
const open = async (t: Test, port: number): Promise<Socket> => {
  const socket = connect(port, '127.0.0.1')
  t.teardown(() => socket.destroy())
  await once(socket, 'connect')
  return socket
}
/** Everything that comes until the server closes. */
const rest = async (socket: Socket): Promise<string> => {
  let text = ''
  for await (const chunk of socket) text += String(chunk)
  return text
}
const get = (path: string, more = '') => `GET ${path} HTTP/1.1\r\nhost: x\r\n${more}\r\n`

t.test('an idle connection is closed, and no Keep-Alive header warned of it', async t => {
  const server = await start(t, { keepAliveMs: 60 })
  const socket = await open(t, server.port)
  socket.write(get('/version'))
  const text = await rest(socket)
  t.match(text, /^HTTP\/1.1 200 OK\r\n/)
  t.notMatch(text, /keep-alive/i)
  t.match(text, /\r\nserver: uvicorn\r\n/)
  t.match(text, /\r\nvary: Origin\r\n/)
})

t.test('a connection that has not asked anything stays open', async t => {
  const server = await start(t, { keepAliveMs: 30 })
  const silent = await open(t, server.port)
  const used = await open(t, server.port)
  used.write(get('/version'))
  await rest(used)
  t.notOk(silent.destroyed)
  silent.write(get('/health', 'connection: close\r\n'))
  t.match(await rest(silent), /200 OK[\s\S]*connection: close/i)
})

t.test('requests of one connection are served one after the other', async t => {
  const server = await start(t, { time: 10 })
  const socket = await open(t, server.port)
  const body = JSON.stringify(chat('hello', { max_tokens: 3 }))
  const post = `POST ${path} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`
  socket.write(post + post + get('/version', 'connection: close\r\n'))
  const text = await rest(socket)
  t.equal(text.match(/HTTP\/1.1 200/g)?.length, 3)
  t.ok(text.indexOf('"version"') > text.lastIndexOf('chat.completion'), 'in order')
  t.equal(server.stats.peakRunning, 1, 'never two at once')
})

t.test('what is no HTTP gets 400 in plain text', async t => {
  const server = await start(t)
  const socket = await open(t, server.port)
  socket.write('garbage\r\n\r\n')
  t.match(await rest(socket), /^HTTP\/1.1 400[\s\S]*Invalid HTTP request received.$/)
})

t.test('a client that leaves frees every sequence of its request', async t => {
  const server = await start(t, { time: 60_000, maxNumSeqs: 4 })
  const abort = new AbortController()
  const gone = ask(server.url, path, chat('hello', { n: 6 }), { signal: abort.signal })
  while (server.stats.running === 0) await new Promise(setImmediate)
  t.match(server.stats, { running: 4, waiting: 2 })
  abort.abort()
  await t.rejects(gone)
  while (server.stats.running > 0) await new Promise(setImmediate)
  t.match(server.stats, { running: 0, waiting: 0, aborted: 6 })
})

t.test('a request id asked for becomes the id of the answer', async t => {
  const server = await start(t)
  const { json } = await ask(server.url, path, chat('x'), {
    headers: { 'x-request-id': 'abc' },
  })
  t.equal(json.id, 'chatcmpl-abc')
})

t.test('a key is wanted under /v1 and nowhere else', async t => {
  const server = await start(t, { apiKey: 'secret' })
  t.match(await ask(server.url, '/v1/models'), {
    status: 401,
    text: '{"error":"Unauthorized"}',
  })
  t.equal((await ask(server.url, '/version')).status, 200)
  const headers = { authorization: 'Bearer secret' }
  t.equal((await ask(server.url, '/v1/models', undefined, { headers })).status, 200)
})

t.test(
  'the Rust frontend serves one sequence a request, with codes that are words',
  async t => {
    const server = await start(t, { flavour: 'rust' })
    const several = await ask(server.url, path, chat('x', { n: 2 }))
    t.match(several, { status: 400, json: { error: { code: 'invalid_request_error' } } })
    const list = await ask(server.url, '/v1/completions', { prompt: ['a', 'b'] })
    t.equal(list.status, 400)
    t.equal((await ask(server.url, `${path}/batch`, { messages: [[]] })).status, 404)
    t.equal((await ask(server.url, path, chat('x'))).status, 200)
  },
)

t.test('a plain OpenAI-compatible server has none of the routes of vLLM', async t => {
  const server = await start(t, { flavour: 'plain' })
  for (const route of ['/version', '/metrics', '/load'])
    t.equal((await ask(server.url, route)).status, 404, route)
  t.equal((await ask(server.url, '/tokenize', { prompt: 'a' })).status, 404)
  const { json } = await ask(server.url, '/v1/models')
  t.notOk('max_model_len' in (json.data[0] ?? {}))
  t.equal((await ask(server.url, path, chat('x'))).status, 200)
})

t.test('servers before 0.19 have no batch route', async t => {
  const server = await start(t, { version: '0.18.0' })
  t.equal((await ask(server.url, `${path}/batch`, { messages: [[]] })).status, 404)
})

t.test('what does not fit is refused in the words of the version', async t => {
  const words: [string, RegExp][] = [
    [
      '0.10.0',
      /^This model's maximum context length is 100 tokens\. However, you requested/,
    ],
    ['0.15.0', /However, your request has \d+ input tokens/],
    ['0.30.0', /you requested 5 output tokens and your prompt contains at least 96/],
    ['0.32.0', /your prompt contains at least 101 input tokens/],
  ]
  for (const [version, wording] of words) {
    const server = await start(t, { version, maxModelLen: 100 })
    const told = await ask(server.url, path, chat('word '.repeat(200), { max_tokens: 5 }))
    t.equal(told.status, 400, version)
    const { error, message } = JSON.parse(told.text)
    t.match(error?.message ?? message, wording)
  }
})

t.test('tokens and text can be turned into each other', async t => {
  const server = await start(t)
  const text = 'Hello wörld, 你好 😀!'
  const { json } = await ask(server.url, '/tokenize', { prompt: text })
  t.equal(json.count, json.tokens.length)
  const back = await ask(server.url, '/detokenize', { tokens: json.tokens })
  t.same(JSON.parse(back.text), { prompt: text })
})

t.test('a setting that cannot be is refused at once', async t => {
  await t.rejects(simulate({ version: 'new' }), /expected a vLLM version/)
  await t.rejects(simulate({ time: 'nope' as 'small' }), /h100-8b/)
  await t.rejects(simulate({ time: 'small', maxModelLen: 1e6 }), /does not fit/)
})
