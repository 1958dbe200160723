import t, { type Test } from 'tap'
import { connected, record } from '../../fixtures/connected.js'
import { completion, loopback, send } from '../../fixtures/loopback.js'
import { Ledger } from '../../lib/ledger.js'
import type { Model } from '../../lib/model/model.js'
import { vllm } from '../../lib/model/vllm.js'
import type { Record } from '../../lib/record.js'
import type { SampleInput } from '../../lib/stages/options.js'
import { evaluateRecord } from '../../lib/steps/evaluate.js'
import { generateRecord } from '../../lib/steps/generate.js'
import { makeRows } from '../../lib/steps/make-rows.js'
import { sampleRecord } from '../../lib/steps/sample.js'

const red = { text: 'Is it red?', from: 'pass' as const }
const short = { text: 'Is it short?', from: 'seed' as const }

/** Records of all sorts: one question, two of two kinds, none. */
const many = (count: number): Record[] =>
  Array.from({ length: count }, (_, i) => ({
    ...record(`Name ${i} red things.`),
    id: `0123456789abcdef-${i + 1}`,
    questions: [[red], [short, red], [short]][i % 3] as [typeof red],
    kept: 'a field of somebody else',
  }))
const one = (more: Partial<Record> = {}) =>
  record('Name a red thing.', { questions: [red], ...more })

/** A server where half of the verdicts are no, some are missing, and some calls fail. */
const moody = async (t: Test) => {
  const served = await connected(t, {
    server: { passRate: 0.6, flaws: { missingVerdict: 0.1 }, logLimit: 10_000 },
    retries: 0,
  })
  served.server.script(/./, { fault: 'status', status: 400 }, { rate: 0.1 })
  served.server.script(
    ({ text }) => /Name 4\d? red/.test(text),
    { fault: 'status', status: 400 },
    { rate: 0.9 },
  )
  /** Without the port, which is another one in every server's messages. */
  const plain = (done: Record[]) =>
    done.map(made => JSON.stringify(made).replaceAll(served.server.url, 'URL'))
  return { ...served, plain }
}
const bodies = (requests: { body: unknown }[]) =>
  requests.map(({ body }) => JSON.stringify(body)).sort()

/** The two stages one after the other, as a chain runs them. */
const inTwoSteps = (
  model: Model,
  { generate, evaluate, ...seeded }: SampleInput,
  ledger: Ledger,
) => {
  const answer = generateRecord(model, { ...generate, ...seeded })
  const assess = evaluateRecord(model, { ...evaluate, ...seeded }, ledger)
  return async (given: Record) => {
    const answered = await answer(given)
    return answered.reject ? answered : assess(answered)
  }
}
const each = (records: Record[], step: (record: Record) => Promise<Record>) =>
  Promise.all(records.map(step))

for (const evaluate of [
  {},
  { judge: 'apart' },
  { questions: 'pass' },
] satisfies SampleInput['evaluate'][]) {
  t.test(
    `all samples give what generate and evaluate give, byte for byte (${JSON.stringify(evaluate)})`,
    async t => {
      const options = { seed: 3, generate: { samples: 3 }, evaluate }
      const records = [...many(60), one({ questions: [] }), record('No questions.')]
      const [apart, together] = [await moody(t), await moody(t)]
      const [two, ours] = [new Ledger(), new Ledger()]
      const expected = await each(records, inTwoSteps(apart.model, options, two))
      const got = await each(records, sampleRecord(together.model, options, ours))
      t.same(together.plain(got), apart.plain(expected))
      t.same(bodies(together.asked()), bodies(apart.asked()))
      t.same(ours.notes, two.notes)
      const stages = expected.map(({ reject }) => reject?.stage)
      t.ok(
        stages.includes('generate') && stages.includes('evaluate'),
        'some are rejected',
      )
      t.ok(two.notes['judge.unknown'], 'some verdicts are unknown')
    },
  )
}

t.test('until pass gives the rows of all samples for far fewer calls', async t => {
  const options = { seed: 3, generate: { samples: 5 } }
  const records = many(300)
  const [all, few] = [await moody(t), await moody(t)]
  const expected = await each(records, sampleRecord(all.model, options))
  const step = sampleRecord(few.model, { ...options, until: 'pass' })
  const got = await each(records, step)
  const rows = (done: Record[]) =>
    done.map(made =>
      makeRows('sft', made, { pick: 'first', pair: 'margin', minPasses: 0 }),
    )
  t.same(rows(got), rows(expected))
  t.same(
    got.map(({ reject }) => reject?.code),
    expected.map(({ reject }) => reject?.code),
  )
  for (const [i, { responses = [] }] of got.entries())
    t.strictSame(responses, expected[i]?.responses?.slice(0, responses.length) ?? [])
  t.same(
    [...new Set(got.map(({ responses }) => responses?.length ?? 0))].sort(),
    [0, 1, 3, 5],
    'a wave is drawn whole or not at all',
  )
  t.ok(few.asked().length < 0.6 * all.asked().length)
})

t.test('until pair gives the first pair that is found', async t => {
  const options = { seed: 3, generate: { samples: 6 } }
  const records = many(300)
  const [all, few] = [await moody(t), await moody(t)]
  const expected = await each(records, sampleRecord(all.model, options))
  const step = sampleRecord(few.model, { ...options, until: 'pair' })
  const got = await each(records, step)
  const pairOf = (made: Record | undefined, drawn?: number) =>
    makeRows(
      'dpo',
      { ...(made as Record), responses: made?.responses?.slice(0, drawn) ?? [] },
      { pick: 'first', pair: 'margin', minPasses: 0 },
    ).rows[0]
  for (const [i, { responses = [] }] of got.entries()) {
    const drawn = [2, 4].find(n => pairOf(expected[i], n)) ?? 6
    t.same(pairOf(got[i]), pairOf(expected[i], drawn))
    t.strictSame(responses, expected[i]?.responses?.slice(0, drawn) ?? [])
  }
  t.ok(got.some(made => pairOf(made)) && few.asked().length < all.asked().length)
})

/** A judge that says what it is told, in the order it is asked. */
const judgedBy = async (t: Test, ...answers: ('yes' | 'no' | 'odd')[]) => {
  const { server, model, asked } = await connected(t, { retries: 0, concurrency: 1 })
  const told = answers.values()
  server.script('ultraif_verdicts', () =>
    JSON.stringify({ 1: { why: '', answer: told.next().value } }),
  )
  const drawn = () => asked().filter(({ schema }) => !schema).length
  return { server, model, asked, drawn }
}

t.test('a first answer that passes is the only one drawn', async t => {
  const { model, asked } = await judgedBy(t, 'yes')
  const done = await sampleRecord(model, { until: 'pass' })(one())
  t.equal(asked().length, 2)
  t.match(done.responses, [{ pass: true }])
})

t.test('a question that the judge is not asked keeps no sample from passing', async t => {
  const { model, drawn } = await judgedBy(t, 'yes')
  const done = await sampleRecord(model, {
    until: 'pass',
    evaluate: { questions: 'pass' },
  })(one({ questions: [short, red] }))
  t.equal(drawn(), 1)
  t.match(done.responses, [{ pass: true }])
})

t.test('the second wave has two samples, both judged before it is decided', async t => {
  const { model, drawn } = await judgedBy(t, 'no', 'yes', 'no')
  const done = await sampleRecord(model, { until: 'pass' })(one())
  t.equal(drawn(), 3)
  t.same(
    done.responses?.map(({ pass }) => pass).sort(),
    [false, false, true],
    'none of them is left without verdicts',
  )
})

t.test('where none passes all K are drawn, and no more', async t => {
  const { model, drawn } = await judgedBy(t, 'no', 'no', 'no', 'no', 'no')
  await sampleRecord(model, { until: 'pass' })(one())
  t.equal(drawn(), 5)
})

t.test('an unclear verdict is no failing answer: a pair is looked for on', async t => {
  const { model, drawn } = await judgedBy(t, 'yes', 'odd', 'odd', 'yes', 'yes')
  const done = await sampleRecord(model, { until: 'pair', generate: { samples: 4 } })(
    one(),
  )
  t.equal(drawn(), 4)
  t.equal(done.reject, undefined)
})

t.test('two answers that would make no fair pair do not end the search', async t => {
  const { server, model, drawn } = await judgedBy(t, 'yes', 'no', 'yes', 'no')
  server.script(({ schema, text }) => !schema && /red thing/.test(text), 'A rose.')
  await sampleRecord(model, { until: 'pair', generate: { samples: 4 } })(one())
  t.equal(drawn(), 4, 'all the same words, so no pair')
})

t.test('sizes of your own decide what is drawn', async t => {
  const { model, drawn } = await judgedBy(t, 'no', 'no', 'no', 'yes')
  await sampleRecord(model, { until: 'pass', waves: [3, 1] })(one())
  t.equal(drawn(), 4)
})

t.test('a failed call in a wave ends nothing early and keeps its place', async t => {
  const { server, model, drawn } = await judgedBy(t, 'yes', 'no')
  server.script(
    ({ schema, path }) => !schema && path.includes('chat'),
    { fault: 'status', status: 400 },
    { times: 1 },
  )
  const done = await sampleRecord(model, { until: 'pass' })(one())
  t.equal(drawn(), 3)
  t.match(done.responses, [{ finish: 'error', pass: false }, {}, {}])
  t.equal(done.responses?.filter(({ pass }) => pass).length, 1)
  t.equal(done.reject, undefined)
})

t.test('a judge that fails in a wave ends nothing early', async t => {
  const { server, model, drawn } = await judgedBy(t, 'no', 'yes')
  server.script('ultraif_verdicts', { fault: 'status', status: 400 }, { times: 1 })
  const done = await sampleRecord(model, { until: 'pass' })(one())
  t.equal(drawn(), 3)
  t.equal(done.reject, undefined)
})

t.test('when every call fails the record is rejected, after all K', async t => {
  const { server, model, drawn } = await judgedBy(t)
  server.script(/./, { fault: 'status', status: 400 })
  const done = await sampleRecord(model, { until: 'pass' })(one())
  t.equal(drawn(), 5)
  t.match(done, { reject: { stage: 'generate', code: 'bad_request' } })
  t.equal(done.responses, undefined)
})

t.test('nothing is drawn for a record that could never pass', async t => {
  const { model, asked } = await connected(t)
  for (const until of ['pass', 'pair'] as const) {
    const step = sampleRecord(model, { until, evaluate: { questions: 'pass' } })
    t.same((await step(one({ questions: [] }))).responses, [])
    t.same((await step(record('No questions.'))).responses, [])
    const seedOnly = await step(one({ questions: [short] }))
    t.match(seedOnly, { responses: [], questions: [], unasked: [short] })
  }
  t.equal(asked().length, 0)
})

t.test('responses of an earlier round do not count for this one', async t => {
  const { model, asked } = await judgedBy(t, 'yes')
  const old = { text: 'Old.', finish: 'stop', verdicts: [{ answer: 'yes' as const }] }
  const done = await sampleRecord(model, { until: 'pass' })(one({ responses: [old] }))
  t.equal(asked().length, 2)
  t.equal(done.responses?.length, 1)
  t.not(done.responses?.[0]?.text, 'Old.')
})

t.test('a response is judged while its siblings are still being written', async t => {
  let asked = () => {}
  const judge = new Promise<void>(resolve => (asked = resolve))
  let samples = 0
  const server = await loopback(async ({ body }, response) => {
    if (body.response_format) {
      asked()
      send(response, completion({ text: '{"1":{"why":"","answer":"yes"}}' }))
      return
    }
    // Only the first sample is ready before the judge was asked about it.
    if (samples++ > 0) await judge
    send(response, completion({ text: 'A rose.' }))
  })
  const model = await vllm({ urls: [server.url] })
  t.teardown(async () => {
    model.abort()
    await server.close()
  })
  const done = await sampleRecord(model, { generate: { samples: 3 } })(one())
  t.same(
    done.responses?.map(({ pass }) => pass),
    [true, true, true],
  )
})

t.test('the judge may be another model', async t => {
  const [writer, judge] = [await connected(t), await connected(t)]
  await sampleRecord(
    { generate: writer.model, judge: judge.model },
    { generate: { samples: 2 } },
  )(one())
  t.equal(writer.asked('ultraif_verdicts').length, 0)
  t.equal(writer.asked().length, 2)
  t.equal(judge.asked('ultraif_verdicts').length, judge.asked().length)
})

t.test('an option of one half in the place of the other is refused', async t => {
  const { model } = await connected(t)
  t.throws(() => sampleRecord(model, { samples: 2 } as SampleInput), /samples/)
  t.throws(() => sampleRecord(model, { generate: { seed: 1 } } as SampleInput), /seed/)
  t.throws(() => sampleRecord(model, { waves: [0] }))
})
