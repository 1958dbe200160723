/** The four commands with a model behind them, and filter at their end. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { runProgram } from '../../../fixtures/run-program.js'
import { simulate } from '../../../fixtures/vllm/simulate.js'

const corpus = join(import.meta.dirname, '../../../fixtures/samples/query.jsonl')

/** Runs commands one after the other, each on a file with the rows of the one before. */
const relay = async (t: Test, commands: string[][]) => {
  const server = await simulate()
  t.teardown(() => server.close())
  const dir = t.testdir()
  let file = corpus
  const runs = []
  for (const [i, args] of commands.entries()) {
    const ran = await runProgram([...args, file], {
      env: { ULTRAIF_BASE_URL: server.url },
    })
    runs.push(ran)
    file = join(dir, String(i))
    writeFileSync(file, ran.stdout)
  }
  return runs
}

t.test('each stage adds its part and passes every record on', async t => {
  const [decomposed, composed, generated, evaluated, filtered] = await relay(t, [
    ['decompose', '--seed', '1'],
    ['compose', '--seed', '1', '--passes', '2'],
    ['generate', '--seed', '1', '--samples', '3'],
    ['evaluate', '--seed', '1'],
    ['filter'],
  ])
  for (const ran of [decomposed, composed, generated, evaluated]) {
    t.equal(ran?.code, 0)
    t.match(ran?.summary, { in: 13, out: 13, rejected: {}, kept: undefined })
  }
  t.ok(decomposed?.rows.some(row => row.constraints?.length > 0))
  t.ok(composed?.rows.some(row => row.passes?.length === 2))
  t.ok(generated?.rows.every(row => row.responses.length === 3))
  t.ok(evaluated?.rows.some(row => row.responses.some((one: any) => one.pass)))
  t.match(filtered?.summary, { in: 13, rows: { sft: filtered?.rows.length } })
  t.ok((filtered?.rows.length ?? 0) > 0)
})

t.test(
  'a reject from an earlier stage passes unchanged, counted and not told again',
  async t => {
    const server = await simulate()
    t.teardown(() => server.close())
    const rejected = {
      id: '0123456789abcdef-1',
      query: 'q',
      seed: { query: 'q' },
      reject: { stage: 'decompose', code: 'truncated', message: 'cut', raw: '{"a' },
    }
    const dir = t.testdir({ 'in.jsonl': `${JSON.stringify(rejected)}\n` })
    const file = join(dir, 'in.jsonl')
    const args = ['generate', '--base-url', server.url, file]
    const ran = await runProgram(args)
    t.same(ran.rows, [rejected])
    t.match(ran.summary, { in: 1, out: 0, rejected: { truncated: 1 }, calls: {} })
    t.notMatch(ran.stderr, /rejected truncated/)
    t.equal((await runProgram([...args, '--strict'])).code, 3)

    const end = await runProgram(['filter', file])
    t.same(end.rows, [])
    t.match(end.summary, { in: 1, kept: 0, rejected: { truncated: 1 } })
    t.match(end.stderr, /rejected truncated at .*: cut/)
  },
)

t.test('--order input keeps the order, whatever is ready first', async t => {
  const server = await simulate({ time: 5 })
  t.teardown(() => server.close())
  const ran = await runProgram([
    ...['generate', '--samples', '1', '--order', 'input', '--base-url', server.url],
    corpus,
  ])
  t.same(
    ran.rows.map(row => Number(row.id.split('-')[1])),
    [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13],
  )
})

t.test('fields for one role reach its requests', async t => {
  const server = await simulate()
  t.teardown(() => server.close())
  const args = ['generate', '--base-url', server.url, '--samples', '1', corpus]
  await runProgram([...args, '--generate-extra-body', '{"repetition_penalty":1.1}'])
  const sent = server.requests.filter(({ path }) => path.endsWith('/chat/completions'))
  t.match(sent.at(-1)?.body, { repetition_penalty: 1.1 })
  t.match(await runProgram([...args, '--generate-extra-body', '{"n":2}']), {
    code: 2,
    stderr: /cannot hold any of model, messages/,
  })
})

t.test('a prompt folder that is not there is told before a call is made', async t => {
  const server = await simulate()
  t.teardown(() => server.close())
  const ran = await runProgram([
    ...['generate', '--base-url', server.url, '--prompts', '/no/such/folder', corpus],
  ])
  t.not(ran.code, 0)
  t.match(ran.stderr, /\/no\/such\/folder/)
  t.notOk(server.requests.some(({ schema, text }) => !schema && text.includes('moon')))
})
