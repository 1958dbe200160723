/**
 * Lines, answers and records as large as they may be, of what makes careless readers slow. None
 * of these tests looks at a clock: what takes the square of its length would never end.
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { balances } from '../../fixtures/tally.js'
import { runProgram } from '../../fixtures/run-program.js'
import { simulate } from '../../fixtures/vllm/simulate.js'

const lineBytes = 4 * 1024 * 1024 - 1024

/** As many of these as fit so many bytes. */
const full = (part: string, bytes: number): string =>
  part.repeat(Math.floor(bytes / Buffer.byteLength(part)))

const parts = ['{', '[', '"', '\\', '{"a":', '} ', "'", '< ', '<|', 'x ', '\ufdfa', '👍']

const serving = async (t: Test) => {
  const server = await simulate({ maxModelLen: 10_000_000, logLimit: 0 })
  t.teardown(() => server.close())
  const file = join(t.testdir(), 'corpus.jsonl')
  const run = (args: string[], ...lines: (string | object)[]) => {
    const texts = lines.map(line =>
      typeof line === 'string' ? line : JSON.stringify(line),
    )
    writeFileSync(file, texts.map(line => `${line}\n`).join(''))
    return runProgram([...args, file], { env: { ULTRAIF_BASE_URL: server.url } })
  }
  return { server, run }
}

/** A record of ours. */
const record = (more: object) => ({
  id: 'own-1',
  query: 'Name a river.',
  seed: { query: 'Name a river.' },
  ...more,
})
const questions = (count: number) =>
  Array.from({ length: count }, (_, i) => ({ text: `Is it ${i}?`, from: 'seed' }))

t.test('lines of four megabytes', async t => {
  const { run } = await serving(t)
  const ran = await run(['parse'], ...parts.map(part => full(part, lineBytes)))
  balances(t, ran)
  t.equal(ran.summary.in, parts.length)
  t.same(ran.summary.rejected, { bad_json: 5 })
})

t.test('prompts of four megabytes', async t => {
  const { run } = await serving(t)
  const prompts = parts.map(part => ({ query: full(part, lineBytes / 2) }))
  const ran = await run(['decompose'], ...prompts)
  balances(t, ran)
  t.equal(ran.summary.in, parts.length)
})

t.test('answers of a megabyte, in the place of every reply', async t => {
  const { server, run } = await serving(t)
  for (const part of parts) {
    server.clearScripts()
    // One stage after the other gets such an answer, so that the next one is reached.
    const left = ['ultraif_decompose', 'ultraif_question', 'ultraif_compose']
    const content = full(part, 1_000_000)
    server.script(
      ({ schema = '' }) => !left.includes(schema) && schema !== 'ultraif_probe',
      { content, finish: 'stop' },
    )
    for (const schema of left)
      server.script(schema, { content, finish: 'stop' }, { times: 1 })
    const prompt = { query: 'Name a river, in capitals and in two words.' }
    const ran = await run(['run', '--samples', '1', '--passes', '1'], prompt)
    balances(t, ran, part)
    t.equal(ran.summary.kept, 0, part)
  }
})

t.test('a hundred thousand questions', async t => {
  const { run } = await serving(t)
  const responses = [{ text: 'The Rhine.', finish: 'stop' }]
  const many = record({ questions: questions(100_000), responses })
  for (const stage of ['compose', 'generate', 'filter'])
    balances(t, await run([stage, '--max-line', '20MiB'], many), stage)
  // Each costs a call, or a part of one.
  balances(
    t,
    await run(['evaluate'], record({ questions: questions(20_000), responses })),
  )
})

t.test('a hundred thousand constraints of a long prompt', async t => {
  const { run } = await serving(t)
  const asked = questions(100_000)
  const many = record({
    decomposed: full('up and down ', 1_000_000),
    questions: asked,
    constraints: asked.map(({ text }) => ({
      kind: 'format',
      text,
      without: text,
      question: text,
    })),
  })
  balances(t, await run(['compose', '--passes', '1', '--max-line', '50MiB'], many))
})

t.test('tens of thousands of responses', async t => {
  const { run } = await serving(t)
  const responses = Array.from({ length: 60_000 }, (_, i) => ({
    text: `Response ${i}`,
    finish: 'stop',
    verdicts: [{ answer: i % 2 ? 'yes' : 'no' }],
  }))
  const ran = await run(
    ['filter', '--as', 'dpo', '--max-line', '20MiB'],
    record({ questions: questions(1), responses }),
  )
  balances(t, ran)
  t.equal(ran.summary.kept, 1)
})

t.test('thousands of turns', async t => {
  const { run } = await serving(t)
  const turns = (count: number, role: (i: number) => string) => ({
    messages: Array.from({ length: count }, (_, i) => ({
      role: role(i),
      content: `${i}`,
    })),
  })
  const byTurns = (i: number) => (i % 2 ? 'assistant' : 'user')
  const long = await run(
    ['parse', '--max-line', '20MiB'],
    turns(100_001, byTurns),
    turns(100_000, () => 'user'),
    turns(100_000, () => 'system'),
  )
  balances(t, long)
  t.same(long.summary.rejected, { no_user_turn: 1 })
  t.equal(long.rows[0].history.length, 100_000)
  const each = await run(['parse', '--turns', 'each'], turns(1999, byTurns))
  t.equal(each.summary.out, 1000)
})

t.test('a hundred thousand fields', async t => {
  const { run } = await serving(t)
  const fields = Array.from({ length: 100_000 }, (_, i) => [`field ${i}`, i] as const)
  const ran = await run(
    ['parse', '--max-line', '20MiB'],
    { query: 'Name a river.', ...Object.fromEntries(fields) },
    Object.fromEntries(fields),
    record(Object.fromEntries(fields)),
  )
  balances(t, ran)
  t.same(ran.summary.rejected, { unknown_format: 1 })
})
