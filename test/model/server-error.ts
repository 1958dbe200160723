import { readFileSync } from 'node:fs'
import t from 'tap'
import {
  engineDied,
  readServerError,
  refusesSchema,
  rejectCodeOf,
} from '../../lib/model/server-error.js'

const recorded: { [name: string]: { status: number; body: unknown } } = JSON.parse(
  readFileSync('fixtures/replies/model-client.json', 'utf8'),
).replies
const read = (name: string) => {
  const { status, body } = recorded[name] as { status: number; body: unknown }
  return readServerError(status, JSON.stringify(body))
}

t.test('the forms that error bodies come in', async t => {
  const forms: [name: string, status: number, body: string, expected: object][] = [
    [
      'nested (vLLM from 0.10.1)',
      400,
      '{"error":{"message":"top_p must be in (0, 1]","type":"BadRequestError","param":"top_p","code":400}}',
      {
        message: 'top_p must be in (0, 1]',
        type: 'BadRequestError',
        param: 'top_p',
        code: 400,
      },
    ],
    [
      'flat (vLLM up to 0.10.0)',
      404,
      '{"object":"error","message":"The model `x` does not exist.","type":"NotFoundError","param":null,"code":404}',
      { message: 'The model `x` does not exist.', type: 'NotFoundError', code: 404 },
    ],
    ['a string', 401, '{"error":"Unauthorized"}', { message: 'Unauthorized' }],
    ['detail of a route', 404, '{"detail":"Not Found"}', { message: 'Not Found' }],
    [
      'detail of a validation',
      422,
      '{"detail":[{"loc":["body","messages"],"msg":"Field required"},{"loc":["body"],"msg":"No"}]}',
      { message: 'body.messages: Field required; body: No' },
    ],
    [
      'string code (Rust frontend)',
      400,
      '{"error":{"message":"Only n=1 is supported.","type":"invalid_request_error","code":"invalid_request_error"}}',
      { message: 'Only n=1 is supported.', code: 'invalid_request_error' },
    ],
    ['text', 500, 'Internal Server Error', { message: 'Internal Server Error' }],
    ['a JSON string', 500, '"it broke"', { message: 'it broke' }],
    ['a JSON list', 500, '[1,2]', { message: '[1,2]' }],
    ['an object that says nothing we know', 500, '{"a":1}', { message: '{"a":1}' }],
    [
      'HTML of a gateway',
      502,
      '<html>\n<head><title>502 Bad Gateway</title></head><body><h1>nginx</h1></body></html>',
      { message: '502 Bad Gateway' },
    ],
    [
      'HTML without a title',
      503,
      '<p>Come <b>back</b> later</p>',
      { message: 'Come back later' },
    ],
    ['nothing', 503, '', { message: 'Service Unavailable' }],
    ['nothing, of a status nobody knows', 599, '', { message: 'no reason given' }],
    ['null', 500, 'null', { message: 'null' }],
  ]
  for (const [name, status, body, expected] of forms)
    t.match(readServerError(status, body), { status, ...expected }, name)
})

t.test('a message is one line, clipped, and free of control characters', async t => {
  const echo = JSON.stringify({
    error: { message: `a\n\u001b[31mb\u0000${'x'.repeat(9000)}` },
  })
  const { message } = readServerError(400, echo)
  t.match(message, /^a \[31mb x+…$/)
  t.equal(message.length, 501)
})

t.test('a prompt that does not fit is told from other refusals', async t => {
  const wordings = [
    "This model's maximum context length is 2048 tokens. However, you requested 2100 tokens (2052 in the messages, 48 in the completion). Please reduce the length of the messages or completion.",
    "This model's maximum context length is 4096 tokens. However, you requested 5000 tokens in the messages, Please reduce the length of the messages.",
    "This model's maximum context length is 4096 tokens. However, your request has 5000 input tokens. Please reduce the length of the input messages.",
    "'max_tokens' or 'max_completion_tokens' is too large: 9000. This model's maximum context length is 4096 tokens and your request has 12 input tokens (9000 > 4096 - 12).",
    'The decoder prompt (length 5000) is longer than the maximum model length of 4096. Make sure that `max_model_len` is no smaller than the number of text tokens.',
    'the request exceeds the available context size, try increasing it',
  ]
  for (const message of wordings)
    t.equal(
      rejectCodeOf(readServerError(400, JSON.stringify({ error: { message } }))),
      'too_long',
      message,
    )
  const byParam = {
    error: { message: 'your prompt contains 9 characters', param: 'input_text' },
  }
  t.equal(rejectCodeOf(readServerError(400, JSON.stringify(byParam))), 'too_long')
  const byCode = { error: { message: 'no', code: 'context_length_exceeded' } }
  t.equal(rejectCodeOf(readServerError(400, JSON.stringify(byCode))), 'too_long')
  const full = {
    error: { message: 'max_tokens must be at least 1, got 0.', param: 'max_tokens' },
  }
  t.equal(rejectCodeOf(readServerError(400, JSON.stringify(full))), 'too_long')
})

t.test('real answers get the code that fits', async t => {
  const expected: { [name: string]: string } = {
    '02-completions-one-too-long': 'too_long',
    'v0.30-too-long': 'too_long',
    'v0.30-exactly-full': 'too_long',
    '04-batch-max-tokens-over': 'too_long',
    'v0.26-chat-max-tokens-too-big': 'too_long',
    '06-unknown-model': 'no_such_model',
    'v0.30-unknown-model': 'no_such_model',
    'v0.26-chat-no-model': 'no_such_model',
    '06-404': 'bad_request',
    '06-405': 'bad_request',
    '03-chat-n5-greedy': 'bad_request',
    '05-schema-uniqueItems': 'bad_request',
    '06-stop-five': 'bad_request',
    '06-temperature-huge': 'bad_request',
    '06-malformed-json': 'bad_request',
    '06-wrong-content-type': 'bad_request',
    '06-completions-1025-prompts': 'bad_request',
  }
  for (const [name, code] of Object.entries(expected))
    t.equal(rejectCodeOf(read(name)), code, name)
})

t.test('a status without words gets the code that fits', async t => {
  const expected: { [status: number]: string } = {
    400: 'bad_request',
    401: 'unauthorized',
    403: 'unauthorized',
    404: 'bad_request',
    405: 'bad_request',
    408: 'server_error',
    409: 'bad_request',
    413: 'too_long',
    422: 'bad_request',
    429: 'overloaded',
    500: 'server_error',
    501: 'bad_request',
    502: 'server_error',
    503: 'overloaded',
    504: 'server_error',
    529: 'server_error',
    204: 'bad_response',
  }
  for (const [status, code] of Object.entries(expected))
    t.equal(rejectCodeOf(readServerError(Number(status), '')), code, status)
})

t.test('a refused schema is told from other refusals', async t => {
  t.ok(refusesSchema(read('05-schema-uniqueItems')))
  t.ok(refusesSchema(read('05-schema-missing')))
  t.notOk(refusesSchema(read('06-temperature-huge')))
  t.notOk(refusesSchema(readServerError(500, '{"error":"schema"}')))
})

t.test('a dead engine is told from a failed request', async t => {
  const died =
    '{"error":{"message":"EngineCore encountered an issue. See stack trace (above) for the root cause.","type":"InternalServerError","param":null,"code":500}}'
  t.ok(engineDied(readServerError(500, died)))
  t.notOk(
    engineDied(readServerError(500, '{"error":{"message":"Internal server error"}}')),
  )
})

t.test('fields that go by the names of methods are fields', async t => {
  const odd = { toString: '', valueOf: '', toJSON: 1 }
  for (const body of [
    { detail: [[odd]] },
    { detail: [{ loc: [odd, ['a', odd]], msg: 'bad' }] },
    { error: { message: [odd], code: odd } },
    odd,
  ])
    t.type(readServerError(400, JSON.stringify(body)).message, 'string')
})

t.test('an error nested a hundred thousand times over is told all the same', async t => {
  const deep = (opening: string, closing: string) =>
    opening.repeat(100_000) + '1' + closing.repeat(100_000)
  for (const body of [deep('{"detail":[', ']}'), `{"detail":[${deep('{"a":', '}')}]}`])
    t.match(readServerError(400, body), { message: /^\{"detail":\[/ })
})
