import t from 'tap'
import { connected, record } from '../../fixtures/connected.js'
import { Ledger } from '../../lib/ledger.js'
import type { Record } from '../../lib/record.js'
import { evaluateRecord } from '../../lib/steps/evaluate.js'

const questions = [
  { text: 'Is it short?', from: 'seed' as const },
  { text: 'Is it red?', from: 'pass' as const },
]
const asking = (more: Partial<Record> = {}) =>
  record('Name a red thing.', {
    questions,
    responses: [{ text: 'A rose.', finish: 'stop' }],
    ...more,
  })
const verdicts = (...answers: string[]) =>
  JSON.stringify(
    Object.fromEntries(answers.map((answer, i) => [i + 1, { why: 'because', answer }])),
  )
const answersOf = (done: Record, response = 0) =>
  done.responses?.[response]?.verdicts?.map(({ answer }) => answer)

t.test('all questions yes is a pass, one no is not', async t => {
  const { server, model } = await connected(t)
  server.script(/A rose/, verdicts('yes', 'yes'))
  server.script(/A leaf/, verdicts('yes', 'no'))
  const done = await evaluateRecord(model)(
    asking({
      responses: [
        { text: 'A rose.', finish: 'stop' },
        { text: 'A leaf.', finish: 'stop' },
      ],
    }),
  )
  t.same(
    done.responses?.map(({ pass }) => pass),
    [true, false],
  )
  t.same(answersOf(done, 1), ['yes', 'no'])
  t.equal(done.responses?.[0]?.verdicts?.[0]?.why, 'because')
})

t.test('one call judges all questions of a response', async t => {
  const { server, model, asked } = await connected(t)
  server.script('ultraif_verdicts', verdicts('yes', 'no'))
  await evaluateRecord(model)(asking())
  t.equal(asked().length, 1)
})

t.test('judging apart makes one call a question', async t => {
  const { server, model, asked } = await connected(t)
  server.script(/Is it short/, '{"why":"two words","answer":"yes"}')
  server.script(/Is it red/, '{"why":"white","answer":"no"}')
  const done = await evaluateRecord(model, { judge: 'apart' })(asking())
  t.equal(asked('ultraif_verdict').length, 2)
  t.same(answersOf(done), ['yes', 'no'])
})

t.test(
  'a missing verdict is asked for once more, alone, and then stays unknown (S2)',
  async t => {
    const { server, model, asked } = await connected(t)
    const ledger = new Ledger()
    server.script('ultraif_verdicts', '{"1":{"why":"w","answer":"yes"}}', { times: 1 })
    server.script(/1\. Is it red/, '{"1":{"why":"w","answer":"partly"}}')
    const done = await evaluateRecord(model, {}, ledger)(asking())
    t.same(answersOf(done), ['yes', 'unknown'])
    t.equal(done.responses?.[0]?.pass, false)
    t.equal(asked().length, 2)
    t.notMatch(asked()[1]?.text, /Is it short/)
    t.same(ledger.notes, { 'judge.unknown': 1 })
  },
)

t.test('a verdict that came the second time counts', async t => {
  const { server, model } = await connected(t)
  server.script('ultraif_verdicts', verdicts('yes', 'yes'))
  server.script('ultraif_verdicts', 'Looks fine to me!', { times: 1 })
  const done = await evaluateRecord(model)(asking())
  t.same(answersOf(done), ['yes', 'yes'])
})

t.test('a judge that was cut off has said nothing (S4, G9)', async t => {
  const { server, model } = await connected(t)
  server.script('ultraif_verdicts', { fault: 'truncate' })
  const done = await evaluateRecord(model)(asking())
  t.same(answersOf(done), ['unknown', 'unknown'])
  t.equal(done.responses?.[0]?.pass, false)
})

t.test('a record without questions is not judged, and does not pass (S14)', async t => {
  const { model, asked } = await connected(t)
  const done = await evaluateRecord(model)(asking({ questions: [] }))
  t.equal(asked().length, 0)
  t.not(done.responses?.[0]?.pass, true)
})

t.test(
  'a response that was cut, aborted or empty is not judged, and does not pass',
  async t => {
    const { model, asked } = await connected(t)
    const done = await evaluateRecord(model)(
      asking({
        responses: [
          { text: 'A ro', finish: 'length' },
          { text: 'A ro', finish: 'abort' },
          { text: '', finish: 'error' },
          { text: '  ', finish: 'stop' },
        ],
      }),
    )
    t.equal(asked().length, 0)
    t.same(
      done.responses?.map(({ pass }) => pass),
      [false, false, false, false],
    )
  },
)

t.test('verdicts that are there are kept, unless they are asked for again', async t => {
  const { server, model, asked } = await connected(t)
  server.script('ultraif_verdicts', verdicts('no', 'no'))
  const judged = asking({
    responses: [
      {
        text: 'A rose.',
        finish: 'stop',
        verdicts: [{ answer: 'yes' }, { answer: 'yes' }],
        pass: false,
      },
    ],
  })
  const kept = await evaluateRecord(model)(judged)
  t.equal(asked().length, 0)
  t.equal(kept.responses?.[0]?.pass, true, 'a stored pass is worked out anew')
  const again = await evaluateRecord(model, { again: true })(judged)
  t.same(answersOf(again), ['no', 'no'])
})

t.test('the judge sees the conversation before the prompt (S13)', async t => {
  const { model, asked } = await connected(t)
  await evaluateRecord(model)(
    asking({ history: [{ role: 'user', content: 'Call me Ishmael.' }] }),
  )
  t.match(asked()[0]?.text, 'Call me Ishmael.')
})

t.test("the paper's judge is asked only what passes added", async t => {
  const { server, model, asked } = await connected(t)
  server.script('ultraif_verdicts', verdicts('yes'))
  const done = await evaluateRecord(model, { questions: 'pass' })(asking())
  t.notMatch(asked()[0]?.text, /Is it short/)
  t.same(done.questions, [questions[1]])
  t.same(done.unasked, [questions[0]])
  t.equal(done.responses?.[0]?.pass, true)
})

t.test('many questions are asked in groups, and each verdict finds its own', async t => {
  const { server, model } = await connected(t)
  const many = Array.from({ length: 45 }, (_, i) => ({
    text: `Is it ${i}?`,
    from: 'seed' as const,
  }))
  server.script(/^/, request => {
    const lines = [...request.text.matchAll(/^(\d+)\. Is it (\d+)\?$/gm)]
    return JSON.stringify(
      Object.fromEntries(
        lines.map(([, number, i]) => [
          number,
          { why: '', answer: Number(i) % 3 ? 'yes' : 'no' },
        ]),
      ),
    )
  })
  const done = await evaluateRecord(model)(asking({ questions: many }))
  t.same(
    answersOf(done),
    many.map((_, i) => (i % 3 ? 'yes' : 'no')),
  )
})

t.test('a thousand questions never stand before the judge all at once', async t => {
  const { server, model } = await connected(t, { server: { time: 1 } })
  server.script('ultraif_verdict', '{"why": "", "answer": "yes"}')
  const questions = Array.from({ length: 1000 }, (_, i) => ({
    text: `Is it ${i}?`,
    from: 'seed' as const,
  }))
  const done = await evaluateRecord(model, { judge: 'apart' })(asking({ questions }))
  t.equal(done.responses?.[0]?.pass, true)
  t.ok(server.stats.peakRunning <= 8, `${server.stats.peakRunning} at once`)
})

t.test(
  'once a call for a response has failed, its other questions are not asked',
  async t => {
    const { server, model, asked } = await connected(t, { retries: 0 })
    server.script('ultraif_verdict', '{"why": "", "answer": "yes"}')
    server.script(/Is it 3\?/, { fault: 'status', status: 400 })
    const questions = Array.from({ length: 1000 }, (_, i) => ({
      text: `Is it ${i}?`,
      from: 'seed' as const,
    }))
    const done = await evaluateRecord(model, { judge: 'apart' })(asking({ questions }))
    t.equal(answersOf(done)?.length, 1000)
    t.same([answersOf(done)?.[0], answersOf(done)?.[999]], ['yes', 'unknown'])
    t.ok(asked().length < 100, `${asked().length} calls`)
  },
)

t.test('when the judge cannot be reached the record is rejected, not failed', async t => {
  const { server, model } = await connected(t, { retries: 0 })
  server.script('ultraif_verdicts', { fault: 'status', status: 500 })
  const done = await evaluateRecord(model)(asking())
  t.match(done.reject, { stage: 'evaluate', code: 'server_error', attempts: 1 })
})

t.test(
  'one failed judge call leaves its response unknown and the others judged',
  async t => {
    const { server, model } = await connected(t, { retries: 0 })
    server.script(/A rose/, verdicts('yes', 'yes'))
    server.script(/A leaf/, { fault: 'status', status: 500 })
    const done = await evaluateRecord(model)(
      asking({
        responses: [
          { text: 'A leaf.', finish: 'stop' },
          { text: 'A rose.', finish: 'stop' },
        ],
      }),
    )
    t.same(answersOf(done, 0), ['unknown', 'unknown'])
    t.equal(done.responses?.[1]?.pass, true)
    t.equal(done.reject, undefined)
  },
)

t.test('a verdict of the second asking finds its own question', async t => {
  const { server, model } = await connected(t)
  const three = [...questions, { text: 'Is it round?', from: 'seed' as const }]
  server.script('ultraif_verdicts', verdicts('yes', 'hm', 'hm'), { times: 1 })
  server.script(/1\. Is it red\?\n2\. Is it round/, verdicts('no', 'yes'))
  const done = await evaluateRecord(model)(asking({ questions: three }))
  t.same(answersOf(done), ['yes', 'no', 'yes'])
})

t.test(
  'the judge is greedy, and samples and askings have seeds of their own',
  async t => {
    const { server, model, asked } = await connected(t)
    server.script('ultraif_verdicts', 'no idea')
    const rose = { text: 'A rose.', finish: 'stop' }
    await evaluateRecord(model, { seed: 1 })(asking({ responses: [rose, rose] }))
    const bodies = asked().map(
      ({ body }) => body as { seed: number; temperature: number },
    )
    t.equal(new Set(bodies.map(({ seed }) => seed)).size, 4)
    t.same(bodies.map(({ temperature }) => temperature).toSorted(), [0, 0, 0.3, 0.3])
  },
)

t.test('the judge sees the system prompt', async t => {
  const { server, model, asked } = await connected(t)
  server.script('ultraif_verdicts', verdicts('yes', 'yes'))
  await evaluateRecord(model)(asking({ system: 'Talk like a pirate.' }))
  t.match(asked()[0]?.text, 'Talk like a pirate.')
})

t.test('an unknown verdict counts as lacking when a record is judged again', async t => {
  const { server, model } = await connected(t)
  server.script('ultraif_verdicts', verdicts('yes', 'yes'))
  const done = await evaluateRecord(model)(
    asking({
      responses: [
        {
          text: 'A rose.',
          finish: 'stop',
          verdicts: [{ answer: 'yes' }, { answer: 'unknown' }],
        },
      ],
    }),
  )
  t.same(answersOf(done), ['yes', 'yes'])
})

t.test(
  'a response judged before keeps its record when the judge fails for another',
  async t => {
    const { server, model } = await connected(t, { retries: 0 })
    server.script('ultraif_verdicts', { fault: 'status', status: 500 })
    const done = await evaluateRecord(model)(
      asking({
        responses: [
          {
            text: 'A rose.',
            finish: 'stop',
            verdicts: [{ answer: 'yes' }, { answer: 'yes' }],
          },
          { text: 'A leaf.', finish: 'stop' },
        ],
      }),
    )
    t.equal(done.reject, undefined)
    t.equal(done.responses?.[0]?.pass, true)
  },
)

t.test(
  'verdicts on questions that are no longer asked do not answer those that are',
  async t => {
    const { server, model, asked } = await connected(t)
    server.script('ultraif_verdicts', verdicts('no'))
    const done = await evaluateRecord(model, { questions: 'pass' })(
      asking({
        responses: [
          {
            text: 'A leaf.',
            finish: 'stop',
            verdicts: [{ answer: 'yes' }, { answer: 'yes' }],
          },
        ],
      }),
    )
    t.equal(asked().length, 1)
    t.equal(done.responses?.[0]?.pass, false)
  },
)
