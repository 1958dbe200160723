import { readFileSync } from 'node:fs'
import t from 'tap'
import type { ModelCall } from '../../lib/model/model.js'
import { type Asked, readReply, requestBody } from '../../lib/model/wire.js'
import { completion } from '../../fixtures/loopback.js'

// `as any` here: JSON off the wire, whose shape is what the test is about.

const recorded: { [name: string]: { body: object } } = JSON.parse(
  readFileSync('fixtures/replies/model-client.json', 'utf8'),
).replies
const asked: Asked = {
  shown: 'POST /x',
  n: 1,
  chat: true,
  json: false,
  thinkingOff: false,
}
const read = (reply: object, more: Partial<Asked> = {}) =>
  readReply(JSON.stringify(reply), { ...asked, ...more })

const call: ModelCall = {
  label: 'generate',
  rank: 0,
  messages: [{ role: 'user', content: 'Hi' }],
  sampling: { temperature: 1, topP: 0.95, maxTokens: 64 },
}
const target = { model: 'm', extraBody: {}, structured: true }
const schema = { name: 's', schema: { type: 'object' } }

t.test('sampling is always sent, and nothing that was not asked for', async t => {
  t.strictSame(requestBody(call, target), {
    model: 'm',
    messages: [{ role: 'user', content: 'Hi' }],
    temperature: 1,
    top_p: 0.95,
    max_tokens: 64,
  })
})

t.test('samples, seed and stops go along', async t => {
  const sampling = { ...call.sampling, n: 5, seed: 0, stop: ['.'] }
  t.match(requestBody({ ...call, sampling }, target), { n: 5, seed: 0, stop: ['.'] })
})

t.test(
  'a schema is sent as a strict json_schema, unless the server has none',
  async t => {
    t.strictSame(requestBody({ ...call, schema }, target)['response_format'], {
      type: 'json_schema',
      json_schema: { name: 's', schema: { type: 'object' }, strict: true },
    })
    const plain = requestBody({ ...call, schema }, { ...target, structured: false })
    t.notOk('response_format' in plain)
  },
)

t.test('a raw prompt is sent as it is, with the fields of its call', async t => {
  const { messages: _none, ...rest } = call
  const body = requestBody(
    { ...rest, prompt: 'Once', extra: { add_special_tokens: false } },
    target,
  )
  t.match(body, { prompt: 'Once', add_special_tokens: false })
  t.notOk('messages' in body)
})

t.test('extra fields add up, and those of the user win', async t => {
  const body = requestBody(
    { ...call, extra: { chat_template_kwargs: { a: 1, b: 1 }, top_k: 5 } },
    {
      ...target,
      extraBody: { chat_template_kwargs: { b: 2 }, top_k: 9, temperature: 0.1 },
    },
  )
  t.match(body, { chat_template_kwargs: { a: 1, b: 2 }, top_k: 9, temperature: 0.1 })
})

t.test('a recorded answer of five samples is read in order, with usage', async t => {
  const body = structuredClone(recorded['03-chat-n5-seed']?.body) as {
    choices: unknown[]
  }
  body.choices.reverse()
  const { choices, usage } = read(body, { n: 5 }) as any
  t.equal(choices.length, 5)
  t.equal(choices[0].text, 'The world of flavor is vast, and I can only serve one fruit')
  t.strictSame(
    choices.map((choice: any) => choice.finish),
    ['stop', 'length', 'length', 'length', 'stop'],
  )
  t.ok(usage.prompt > 0 && usage.completion > 0)
  t.notOk('reasoning' in choices[0])
})

t.test('a recorded list of completions is read prompt by prompt', async t => {
  const { choices } = read(recorded['02-completions-list-n2']?.body as object, {
    n: 6,
    chat: false,
  }) as any
  t.equal(choices[0].text, ' Paris, capital of Europe. An easy')
  t.equal(choices[2].text, ' four, five, six, seven,')
})

t.test('a completion without a reason to end has ended', async t => {
  const reply = { choices: [{ index: 0, text: 'a', finish_reason: null }] }
  t.strictSame(read(reply, { chat: false }), {
    choices: [{ text: 'a', finish: 'stop' }],
    usage: { prompt: 0, completion: 0 },
  })
})

t.test('nulls and unknown fields everywhere are fine', async t => {
  const reply = {
    zebra: 1,
    choices: [
      { index: null, message: { content: null, x: 1 }, finish_reason: 'stop', y: 2 },
    ],
    usage: { prompt_tokens: null, z: 3 },
  }
  t.match(read(reply), { choices: [{ text: '', finish: 'stop' }], usage: { prompt: 0 } })
})

t.test('reasoning is kept apart under both of its names', async t => {
  const told = completion({ text: 'Paris.', reasoning: 'Hm.' })
  t.match(read(told), { choices: [{ text: 'Paris.', reasoning: 'Hm.' }] })
  const old = {
    choices: [
      { message: { content: 'Paris.', reasoning_content: 'Hm.' }, finish_reason: 'stop' },
    ],
  }
  t.match(read(old), { choices: [{ text: 'Paris.', reasoning: 'Hm.' }] })
})

t.test(
  'thoughts in the text are split off a chat, never off a raw completion',
  async t => {
    const text = '<think>Hm.</think>Paris.'
    t.match(read(completion({ text })), {
      choices: [{ text: 'Paris.', reasoning: 'Hm.' }],
    })
    const raw = { choices: [{ text, finish_reason: 'stop' }] }
    t.match(read(raw, { chat: false }), { choices: [{ text }] })
  },
)

t.test('reasoning without an answer is no answer', async t => {
  const told = completion({ text: null, reasoning: 'Paris, I think.' })
  t.match(read(told), { choices: [{ text: '', reasoning: 'Paris, I think.' }] })
  const cut = completion({ text: null, reasoning: 'Hm', finish: 'length' })
  t.match(read(cut, { thinkingOff: true }), { choices: [{ text: '', finish: 'length' }] })
})

t.test('an answer in the wrong field is found where it can be nothing else', async t => {
  const off = read(completion({ text: null, reasoning: 'Paris.' }), { thinkingOff: true })
  t.strictSame(off.choices, [{ text: 'Paris.', finish: 'stop' }])
  const json = completion({ text: null, reasoning: '{"answer":"yes"}' })
  t.match(read(json, { json: true }), { choices: [{ text: '{"answer":"yes"}' }] })
  const words = completion({ text: null, reasoning: 'So {"answer":"yes"}' })
  t.match(read(words, { json: true }), { choices: [{ text: '' }] })
})

t.test('an aborted answer is a failure that may pass, with all its siblings', async t => {
  for (const finish of ['abort', 'error'])
    t.match(read(completion({ text: 'a' }, { text: 'b', finish }), { n: 2 }), {
      failure: { code: 'server_error', gaveUp: true },
    })
})

t.test('the wrong number of choices is no completion', async t => {
  t.match(read(completion({ text: 'a' }), { n: 5 }), {
    failure: { code: 'bad_response', message: /asked for 5 choices, got 1.*"n"/ },
  })
  t.match(read({ choices: [] }), { failure: { code: 'bad_response' } })
})

t.test('what is no completion is kept for the reject', async t => {
  for (const body of [
    '<html>Welcome</html>',
    '{"choices":[{',
    '',
    '7',
    'null',
    '{"ok":true}',
  ])
    t.match(
      readReply(body, asked),
      { failure: { code: 'bad_response', raw: body } },
      body,
    )
})

t.test('an error that comes with status 200 counts by its own code', async t => {
  t.match(read({ error: { message: 'slow down', code: 429 } }), {
    failure: { code: 'overloaded', status: 429, message: /429 slow down/ },
  })
  t.match(read({ error: 'boom' }), { failure: { code: 'server_error', status: 500 } })
})

t.test('half a character in an answer becomes the sign for a lost one', async t => {
  const reply = completion({ text: 'a\ud83d', reasoning: 'b\udc4d', finish: 'x\ud83d' })
  t.match(read(reply), {
    choices: [{ text: 'a\ufffd', reasoning: 'b\ufffd', finish: 'x\ufffd' }],
  })
})

t.test('a finish_reason of a megabyte is no part of a row', async t => {
  const { choices } = read(completion({ text: 'a', finish: 'f'.repeat(1e6) })) as any
  t.equal(choices[0].finish.length, 60)
})

t.test(
  'numbers that no sum can be made of count as none, or as what is possible',
  async t => {
    const odd = [
      ['1e400', 0],
      ['-5', 0],
      ['0.5', 0],
      ['9007199254740993', 0],
      ['9007199254740991', 1e9],
    ] as const
    for (const [tokens, prompt] of odd) {
      const reply = JSON.stringify(completion({ text: 'a' })).replace(
        '"prompt_tokens":7',
        `"prompt_tokens":${tokens}`,
      )
      t.match(readReply(reply, asked), { usage: { prompt, completion: 2 } }, tokens)
    }
  },
)

t.test('a byte order mark before the JSON is no part of it', async t => {
  const reply = `\ufeff${JSON.stringify(completion({ text: 'a' }))}`
  t.match(readReply(reply, asked), { choices: [{ text: 'a' }] })
})

t.test('the raw text of a failure ends between characters', async t => {
  const { failure } = readReply(`x${'👍'.repeat(20_000)}`, asked)
  t.equal(failure?.raw?.length, 16_383)
})

t.test('an error with status 200 whose code is an object is an error', async t => {
  const body = '{"error":{"message":"bad","code":{"toString":"","valueOf":""}}}'
  t.match(readReply(body, asked), { failure: { code: 'server_error', message: /bad/ } })
})
