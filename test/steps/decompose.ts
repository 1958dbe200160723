import t from 'tap'
import { connected, record } from '../../fixtures/connected.js'
import { Ledger } from '../../lib/ledger.js'
import { decomposeRecord } from '../../lib/steps/decompose.js'

const query = 'Give me five names for a small bakery near the harbour. Avoid puns.'
const puns = {
  kind: 'stylistic',
  text: 'no puns',
  without: 'Give me five names for a small bakery near the harbour.',
}
const five = {
  kind: 'numerical',
  text: 'five names',
  without: 'Give me names for a small bakery near the harbour. Avoid puns.',
}
const found = (...constraints: object[]) => JSON.stringify({ constraints })
const question = (text: string) => JSON.stringify({ question: text })

t.test('each constraint comes with the query without it and a question', async t => {
  const { server, model } = await connected(t)
  server.script('ultraif_decompose', found(five, puns))
  server.script(/no puns/, question('Is every name free of puns?'))
  server.script(/five names\n<\/constraint>/, question('Are there five names?'))
  const done = await decomposeRecord(model)(record(query))
  t.same(done.constraints, [
    { ...five, question: 'Are there five names?' },
    { ...puns, question: 'Is every name free of puns?' },
  ])
  t.same(done.questions, [
    { text: 'Are there five names?', from: 'seed' },
    { text: 'Is every name free of puns?', from: 'seed' },
  ])
  t.equal(done.query, query)
})

t.test('a prompt without constraints is an outcome, and costs one call', async t => {
  const { server, model, asked } = await connected(t)
  server.script('ultraif_decompose', found())
  const done = await decomposeRecord(model)(record('Why is the sky blue?'))
  t.same(done.constraints, [])
  t.same(done.questions, [])
  t.equal(done.reject, undefined)
  t.equal(asked().length, 1)
})

t.test('a meaningless constraint is dropped and counted', async t => {
  const { server, model } = await connected(t)
  const ledger = new Ledger()
  server.script('ultraif_decompose', found(five, puns))
  server.script('ultraif_question', question('Are there five names?'))
  server.script(/no puns/, question(''))
  const done = await decomposeRecord(model, {}, ledger)(record(query))
  t.same(
    done.constraints?.map(({ text }) => text),
    ['five names'],
  )
  t.same(ledger.notes, { 'decompose.no_question': 1 })
})

t.test(
  'a constraint that was not taken out is dropped and counted (defect E8)',
  async t => {
    const { server, model } = await connected(t)
    const ledger = new Ledger()
    server.script('ultraif_decompose', found({ ...five, without: query }, puns))
    server.script('ultraif_question', question('Is every name free of puns?'))
    const done = await decomposeRecord(model, {}, ledger)(record(query))
    t.same(
      done.constraints?.map(({ text }) => text),
      ['no puns'],
    )
    t.same(ledger.notes, { 'decompose.not_removed': 1 })
  },
)

t.test('a bad reply is asked for again with another seed, and then rejects', async t => {
  const { server, model, asked } = await connected(t)
  server.script('ultraif_decompose', 'I would rather not.')
  const done = await decomposeRecord(model, { seed: 3 })(record(query))
  t.match(done.reject, {
    stage: 'decompose',
    code: 'unusable_reply',
    raw: 'I would rather not.',
    attempts: 2,
  })
  const seeds = asked('ultraif_decompose').map(
    ({ body }) => (body as { seed: number }).seed,
  )
  t.equal(seeds.length, 2)
  t.not(seeds[0], seeds[1])
})

t.test('a reply that was cut is asked for again with more room (defect G9)', async t => {
  const { server, model, asked } = await connected(t)
  server.script('ultraif_decompose', found())
  server.script('ultraif_decompose', { fault: 'truncate' }, { times: 1 })
  const done = await decomposeRecord(model, { maxTokens: 100 })(record(query))
  t.same(done.constraints, [])
  const room = asked('ultraif_decompose').map(
    ({ body }) => (body as { max_tokens: number }).max_tokens,
  )
  t.same(room, [100, 200])
})

t.test(
  'a failed question call rejects the record rather than losing a constraint',
  async t => {
    const { server, model } = await connected(t, { retries: 1 })
    server.script('ultraif_decompose', found(five, puns))
    server.script(/no puns/, { fault: 'status', status: 500 })
    const done = await decomposeRecord(model)(record(query))
    t.match(done.reject, {
      stage: 'decompose',
      code: 'server_error',
      raw: /Internal server error/,
      attempts: 2,
    })
  },
)

t.test(
  'decomposing again replaces the questions of the prompt, not those of passes',
  async t => {
    const { server, model } = await connected(t)
    server.script('ultraif_decompose', found())
    const done = await decomposeRecord(model)(
      record(query, {
        questions: [
          { text: 'old?', from: 'seed' },
          { text: 'added?', from: 'pass' },
        ],
      }),
    )
    t.same(done.questions, [{ text: 'added?', from: 'pass' }])
  },
)

t.test(
  'questions of the prompt come first, and the query they belong to is kept',
  async t => {
    const { server, model } = await connected(t)
    server.script('ultraif_decompose', found(puns))
    server.script('ultraif_question', question('Is every name free of puns?'))
    const done = await decomposeRecord(model)(
      record(query, { questions: [{ text: 'Is it in French?', from: 'pass' }] }),
    )
    t.same(
      done.questions?.map(({ from }) => from),
      ['seed', 'pass'],
    )
    t.equal(done.decomposed, query)
  },
)

t.test('a question that a pass asks already is not asked twice', async t => {
  const { server, model } = await connected(t)
  server.script('ultraif_decompose', found(puns))
  server.script('ultraif_question', question('Is every name free of puns?'))
  const done = await decomposeRecord(model)(
    record(query, { questions: [{ text: 'Is every name free of puns', from: 'pass' }] }),
  )
  t.equal(done.questions?.length, 1)
})

t.test('greedy calls, and each question with a seed of its own', async t => {
  const { server, model, asked } = await connected(t)
  server.script('ultraif_decompose', found(five, puns))
  server.script('ultraif_question', question('Is it so?'))
  await decomposeRecord(model, { seed: 1 })(record(query))
  const bodies = asked().map(({ body }) => body as { seed: number; temperature: number })
  t.ok(bodies.every(({ temperature }) => temperature === 0))
  t.equal(new Set(bodies.map(({ seed }) => seed)).size, 3)
})

t.test(
  'a long prompt is asked for fewer copies of itself than would be cut off',
  async t => {
    const { server, model, asked } = await connected(t)
    server.script('ultraif_decompose', found())
    await decomposeRecord(model, { maxTokens: 1024 })(
      record('Summarise this. '.repeat(60)),
    )
    t.match(asked()[0]?.text, 'List at most 1:')
  },
)
