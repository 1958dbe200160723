import t from 'tap'
import { connected, record } from '../../fixtures/connected.js'
import { Ledger } from '../../lib/ledger.js'
import { composeRecord } from '../../lib/steps/compose.js'

const query = 'Suggest a birthday present for my grandfather, who likes to fish.'
const composition = (prompt: string, question: string) =>
  JSON.stringify({ constraint: 'c', prompt, question })
const cheap = composition(
  `${query} It should cost less than 40 dollars.`,
  'Is it under 40 dollars?',
)

t.test(
  'each pass adds one constraint and one question to the query before it',
  async t => {
    const { server, model } = await connected(t)
    server.script('ultraif_compose', cheap, { times: 1 })
    server.script(
      /40 dollars/,
      composition(
        `${query} It should cost less than 40 dollars. Answer in one sentence.`,
        'Is the answer one sentence?',
      ),
    )
    const done = await composeRecord(model, { passes: 2 })(record(query))
    t.equal(
      done.query,
      `${query} It should cost less than 40 dollars. Answer in one sentence.`,
    )
    t.match(done.passes, [
      { before: query, question: 'Is it under 40 dollars?' },
      { after: done.query, question: 'Is the answer one sentence?' },
    ])
    t.same(done.questions, [
      { text: 'Is it under 40 dollars?', from: 'pass' },
      { text: 'Is the answer one sentence?', from: 'pass' },
    ])
    t.match(done.composed, { wanted: 2, added: 2, failures: {} })
    t.equal(done.seed.query, query)
  },
)

t.test(
  'a pass that fails is tried again with another seed, then left out, and says so (C2, C6)',
  async t => {
    const { server, model, asked } = await connected(t)
    const ledger = new Ledger()
    server.script('ultraif_compose', composition(query, 'Is it good?'))
    const done = await composeRecord(
      model,
      { passes: 1, tries: 3, seed: 1 },
      ledger,
    )(record(query))
    t.equal(done.query, query)
    t.same(done.passes, [])
    t.same(done.composed, { wanted: 1, added: 0, failures: { unchanged: 3 } })
    t.same(ledger.notes, { 'compose.unchanged': 3 })
    const seeds = asked().map(({ body }) => (body as { seed: number }).seed)
    t.equal(new Set(seeds).size, 3)
    t.equal(done.reject, undefined)
  },
)

t.test('a pass that fails first and then succeeds costs nothing but calls', async t => {
  const { server, model } = await connected(t)
  server.script('ultraif_compose', cheap)
  server.script('ultraif_compose', 'no JSON here', { times: 1 })
  const done = await composeRecord(model, { passes: 1 })(record(query))
  t.match(done.composed, { added: 1, failures: { unusable_reply: 1 } })
})

t.test('a question that is asked already is no new one', async t => {
  const { server, model } = await connected(t)
  server.script('ultraif_compose', cheap)
  const done = await composeRecord(model, { passes: 1, tries: 1 })(
    record(query, { questions: [{ text: 'Is it under 40 dollars?', from: 'seed' }] }),
  )
  t.same(done.composed, { wanted: 1, added: 0, failures: { duplicate_question: 1 } })
  t.equal(done.questions?.length, 1)
})

t.test('a call that fails rejects the record, with what it had', async t => {
  const { server, model } = await connected(t, { retries: 0 })
  server.script('ultraif_compose', cheap, { times: 1 })
  server.script(/40 dollars/, { fault: 'status', status: 500 })
  const done = await composeRecord(model, { passes: 2 })(record(query))
  t.match(done.reject, { stage: 'compose', code: 'server_error', attempts: 1 })
  t.equal(done.passes?.length, 1)
})

t.test('without passes a record goes through as it is', async t => {
  const { model, asked } = await connected(t)
  const done = await composeRecord(model, { passes: 0 })(record(query))
  t.equal(done.query, query)
  t.equal(asked().length, 0)
})

t.test(
  'from simplified, the last constraint and its question are gone before the first pass',
  async t => {
    const { server, model } = await connected(t)
    const simple = 'Suggest a birthday present for my grandfather.'
    server.script(
      'ultraif_compose',
      composition(`${simple} Name its price in euros.`, 'Is the price in euros named?'),
    )
    const done = await composeRecord(model, { passes: 1, from: 'simplified' })(
      record(query, {
        constraints: [
          {
            kind: 'content',
            text: 'for a fisher',
            without: simple,
            question: 'Is it for a fisher?',
          },
        ],
        questions: [{ text: 'Is it for a fisher?', from: 'seed' }],
      }),
    )
    t.equal(done.query, `${simple} Name its price in euros.`)
    t.same(done.questions, [{ text: 'Is the price in euros named?', from: 'pass' }])
  },
)

t.test('the trained composer is asked in its own form, without a second BOS', async t => {
  const { server, model, asked } = await connected(t)
  server.script(
    request => request.path === '/v1/completions',
    JSON.stringify({
      'augmented query': `${query} It should cost less than 40 dollars.`,
      question: ['Is it under 40 dollars?'],
    }),
  )
  const done = await composeRecord(model, { passes: 1, composer: 'trained' })(
    record(query),
  )
  t.match(done.passes, [{ question: 'Is it under 40 dollars?' }])
  t.match(asked()[0]?.body, {
    prompt: /^<\|begin_of_text\|>.*\[initial query\]: Suggest/s,
    add_special_tokens: false,
    temperature: 0.7,
    stop: ['<|eot_id|>'],
  })
})

t.test('kinds are spread over records and passes, the same way each time', async t => {
  const { server, model, asked } = await connected(t)
  server.script('ultraif_compose', cheap)
  const kinds = async (id: string) => {
    const before = asked().length
    await composeRecord(model, { passes: 3, tries: 1 })(record(query, { id }))
    return asked()
      .slice(before)
      .map(({ text }) => /<kind>\n(.*)\n<\/kind>/.exec(text)?.[1])
  }
  const first = await kinds('aaaa-1')
  t.equal(new Set(first).size, 3)
  t.same(await kinds('aaaa-1'), first)
  const firsts = new Set<string | undefined>()
  for (const id of ['b-2', 'c-3', 'd-4', 'e-5', 'f-6']) firsts.add((await kinds(id))[0])
  t.ok(firsts.size > 1)
})

t.test('each pass has a seed of its own, also when passes are added later', async t => {
  const { server, model, asked } = await connected(t)
  server.script('ultraif_compose', 'no JSON')
  server.script('ultraif_compose', cheap, { times: 1 })
  const first = await composeRecord(model, { passes: 1, tries: 1, seed: 1 })(
    record(query),
  )
  await composeRecord(model, { passes: 1, tries: 1, seed: 1 })(first)
  await composeRecord(model, { passes: 2, tries: 1, seed: 1 })(record(query))
  const seeds = asked().map(({ body }) => (body as { seed: number }).seed)
  t.equal(new Set(seeds).size, 2)
  t.equal(seeds[1], seeds[3])
})

t.test('the composer sees the conversation and the checks that hold already', async t => {
  const { server, model, asked } = await connected(t)
  server.script('ultraif_compose', cheap)
  const more = {
    history: [{ role: 'user' as const, content: 'Call me Ishmael.' }],
    questions: [{ text: 'Is it in English?', from: 'seed' as const }],
  }
  await composeRecord(model, { passes: 1 })(record(query, more))
  t.match(asked()[0]?.text, 'Call me Ishmael.')
  t.match(asked()[0]?.text, '- Is it in English?')
  server.script(
    request => request.path === '/v1/completions',
    JSON.stringify({ 'augmented query': query, question: ['x'] }),
  )
  await composeRecord(model, { passes: 1, tries: 1, composer: 'trained' })(
    record(query, more),
  )
  t.match(asked().at(-1)?.body, { prompt: /Call me Ishmael/ })
})

t.test('responses to the query before the pass are gone', async t => {
  const { server, model } = await connected(t)
  server.script('ultraif_compose', cheap)
  const done = await composeRecord(model, { passes: 1 })(
    record(query, { responses: [{ text: 'A rod.', finish: 'stop' }] }),
  )
  t.equal(done.responses, undefined)
})

t.test(
  'a draft that was cut gets more room, and a prompt too long to copy goes on as it is',
  async t => {
    const { server, model, asked } = await connected(t)
    server.script('ultraif_compose', { fault: 'truncate' })
    const done = await composeRecord(model, { passes: 3, tries: 2, maxTokens: 100 })(
      record(query),
    )
    t.same(
      asked().map(({ body }) => (body as { max_tokens: number }).max_tokens),
      [100, 200],
    )
    t.match(done, { query, composed: { added: 0, failures: { truncated: 2 } } })
    t.equal(done.reject, undefined)
  },
)

t.test('from simplified takes the last constraint, once', async t => {
  const { model } = await connected(t)
  const of = (text: string) => ({
    kind: 'content' as const,
    text,
    without: `without ${text}`,
    question: `${text}?`,
  })
  const options = { passes: 0, from: 'simplified' as const }
  const given = record(query, { constraints: [of('a'), of('b')] })
  const done = await composeRecord(model, options)(given)
  t.equal(done.query, 'without b')
  const passed = { ...given, passes: [{ before: 'x', after: query, question: 'q?' }] }
  t.equal((await composeRecord(model, options)(passed)).query, query)
})

t.test(
  'a prompt that the composer cannot hold goes on without passes (reference defect C3)',
  async t => {
    const { model, asked } = await connected(t, { server: { maxModelLen: 512 } })
    const long = 'word '.repeat(2000)
    const done = await composeRecord(model, { passes: 3, maxTokens: 16 })(record(long))
    t.equal(done.reject, undefined)
    t.match(done, { query: long, composed: { added: 0, failures: { too_long: 1 } } })
    t.equal(asked().length, 2)
  },
)
