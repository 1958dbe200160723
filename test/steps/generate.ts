import t from 'tap'
import { connected, record } from '../../fixtures/connected.js'
import { generateRecord } from '../../lib/steps/generate.js'

t.test(
  'K responses come back in the order of their samples, each with its own seed',
  async t => {
    const { server, model, asked } = await connected(t)
    const done = await generateRecord(model, { samples: 5, seed: 11 })(
      record('Name a fruit.'),
    )
    t.equal(done.responses?.length, 5)
    const seeds = asked().map(({ body }) => (body as { seed: number }).seed)
    const [base = NaN] = seeds
    t.same(
      seeds,
      [0, 1, 2, 3, 4].map(k => base + k),
    )

    // The same five texts as one call with n = 5: vLLM gives copy k the seed + k.
    const outcome = await model.call({
      label: 'generate',
      rank: 0,
      messages: (asked()[0]?.body as { messages: [] }).messages,
      sampling: { temperature: 1, topP: 0.95, maxTokens: 2048, n: 5, seed: base },
    })
    t.ok(outcome.ok)
    t.same(
      done.responses?.map(({ text }) => text),
      outcome.ok && outcome.choices.map(({ text }) => text),
    )
    t.equal(server.stats.aborted, 0)
  },
)

t.test('without a seed none is sent', async t => {
  const { model, asked } = await connected(t)
  await generateRecord(model, { samples: 1 })(record('Name a fruit.'))
  t.notOk(
    'seed' in (asked()[0]?.body as object) &&
      (asked()[0]?.body as { seed: unknown }).seed,
  )
})

t.test(
  "sampling parameters are always sent: a model's own defaults never slip in",
  async t => {
    const { model, asked } = await connected(t)
    await generateRecord(model, { samples: 1 })(record('Name a fruit.'))
    t.match(asked()[0]?.body, { temperature: 1, top_p: 0.95, max_tokens: 2048 })
  },
)

t.test('how a response ended is kept', async t => {
  const { server, model } = await connected(t)
  server.script(/fruit/, { fault: 'truncate' })
  const done = await generateRecord(model, { samples: 1 })(record('Name a fruit.'))
  t.equal(done.responses?.[0]?.finish, 'length')
})

t.test('thinking is kept apart from the answer', async t => {
  const { server, model } = await connected(t)
  server.script(/fruit/, { content: 'Apple.', reasoning: 'Hm, fruit.' })
  const done = await generateRecord(model, { samples: 1 })(record('Name a fruit.'))
  t.same(done.responses, [{ text: 'Apple.', finish: 'stop', reasoning: 'Hm, fruit.' }])
})

t.test('one failed sample keeps its place and costs no other', async t => {
  const { server, model } = await connected(t, { retries: 0 })
  server.script(/fruit/, { fault: 'status', status: 500 }, { times: 1 })
  const done = await generateRecord(model, { samples: 3 })(record('Name a fruit.'))
  t.equal(done.responses?.length, 3)
  t.equal(done.responses?.filter(({ finish }) => finish === 'error').length, 1)
  t.equal(done.reject, undefined)
})

t.test('when every sample fails the record is rejected with the cause', async t => {
  const { model } = await connected(t, { server: { maxModelLen: 64 } })
  const done = await generateRecord(model, { samples: 2, maxTokens: 16 })(
    record('word '.repeat(500)),
  )
  // Sent in a group, by itself, and with all the room there is.
  t.match(done.reject, { stage: 'generate', code: 'too_long', attempts: 3 })
  t.equal(done.responses, undefined)
})
