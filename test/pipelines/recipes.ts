import { join } from 'node:path'
import t, { type Test } from 'tap'
import { runProgram } from '../../fixtures/run-program.js'
import { simulate } from '../../fixtures/vllm/simulate.js'

// `as any` here: JSON off the wire, whose shape is what the test is about.

const samples = join(import.meta.dirname, '../../fixtures/samples')
const corpus = join(samples, 'query.jsonl')

const running = async (t: Test, options: Parameters<typeof simulate>[0] = {}) => {
  const server = await simulate(options)
  t.teardown(() => server.close())
  return {
    server,
    run: (pipeline: string, ...args: string[]) =>
      runProgram(['run', '--base-url', server.url, '--pipeline', pipeline, ...args]),
  }
}
const settled = ({ summary }: { summary: any }) =>
  summary.kept +
  [summary.filtered, summary.rejected]
    .flatMap(Object.values)
    .reduce((a: number, b) => a + Number(b), 0)

t.test('ultraif is what run does by default', async t => {
  const { run, server } = await running(t)
  const named = await run('ultraif', '--seed', '1', corpus)
  const plain = await runProgram(['run', '--base-url', server.url, '--seed', '1', corpus])
  t.same(named.rows.map(({ id }) => id).sort(), plain.rows.map(({ id }) => id).sort())
})

t.test('paper runs the flow of the reference with its numbers', async t => {
  const { run, server } = await running(t)
  const ran = await run('paper', '--seed', '1', corpus)
  t.equal(ran.code, 0)
  t.equal(ran.summary.calls.decompose, undefined, 'it does not decompose')
  t.equal(settled(ran), 13)
  const generated = server.requests.filter(
    ({ schema, path, body }) => !schema && path.includes('chat') && (body as any).top_p,
  )
  t.match(generated.at(-1)?.body, { temperature: 1, top_p: 0.95, max_tokens: 4096 })
  t.notOk(
    ran.rows.some(({ output }) => !output),
    'a record without a passing answer gives no row, unlike the reference',
  )
})

t.test(
  'composer-data gives rows to train a composer, and asks for nothing else',
  async t => {
    const { run } = await running(t)
    const ran = await run('composer-data', '--seed', '1', corpus)
    t.equal(ran.code, 0)
    t.same(Object.keys(ran.summary.calls).sort(), ['decompose', 'question'])
    t.ok(ran.summary.rows.composer > 0)
    t.match(ran.rows[0], {
      id: String,
      messages: [{ role: 'user' }, { role: 'assistant' }],
    })
    t.equal(settled(ran), 13)
  },
)

t.test('composer-data samples nothing, so --until is refused', async t => {
  const { run } = await running(t)
  const alone = await run('composer-data', '--until', 'pass', corpus)
  t.match(alone, { code: 2, stderr: /leave --until out/ })
  const beside = await run('composer-data', '--until', 'pass', '--as', 'record', corpus)
  t.match(beside, { code: 2, stderr: /composer-data does not sample in waves/ })
})

t.test('paper, rejection-sampling and preference-pairs sample in waves', async t => {
  const { run } = await running(t)
  for (const name of ['paper', 'rejection-sampling', 'preference-pairs']) {
    const ran = await run(name, '--until', 'pass', '--as', 'sft', '--seed', '1', corpus)
    t.match(ran, { code: 0, summary: { in: 13 } }, name)
  }
})

t.test('rejection-sampling answers and judges records that have questions', async t => {
  const { run } = await running(t)
  const records = ['Name a red fruit.', 'Name a blue flower.'].map((query, i) => ({
    id: `0123456789abcdef-${i + 1}`,
    query,
    seed: { query },
    questions: [{ text: 'Is it one word?', from: 'seed' }],
  }))
  const text = records.map(record => `${JSON.stringify(record)}\n`).join('')
  const file = join(t.testdir({ 'records.jsonl': text }), 'records.jsonl')
  const ran = await run('rejection-sampling', '--seed', '1', file)
  t.equal(ran.code, 0)
  t.same(Object.keys(ran.summary.calls).sort(), ['generate', 'judge'])
  t.equal(ran.summary.rows.sft, 2)
  t.match(ran.rows[0], { instruction: /^Name a/, output: String })
})

t.test('preference-pairs gives pairs, and --as still decides', async t => {
  const { run } = await running(t, { passRate: 0.6 })
  const pairs = await run('preference-pairs', '--seed', '1', corpus)
  t.ok(pairs.summary.rows.dpo > 0)
  t.match(pairs.rows[0], { prompt: String, chosen: String, rejected: String })
  const rows = await run('preference-pairs', '--as', 'sft', '--seed', '1', corpus)
  t.match(rows.rows[0], { instruction: String })
})
