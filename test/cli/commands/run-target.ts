/** `run --target N`: exactly N records, and nothing paid for beyond them. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { runProgram } from '../../../fixtures/run-program.js'
import { simulate, type SimulateOptions } from '../../../fixtures/vllm/simulate.js'

// `as any` here: JSON off the wire, whose shape is what the test is about.

const corpus = join(import.meta.dirname, '../../../fixtures/samples/query.jsonl')
const prompts = (n: number): string =>
  Array.from({ length: n }, (_, i) => `{"query":"Name ${i + 2} rivers of Asia."}\n`).join(
    '',
  )
const total = (counts: { [code: string]: number }) =>
  Object.values(counts).reduce((a, b) => a + b, 0)

const running = async (t: Test, options: SimulateOptions = {}) => {
  const server = await simulate(options)
  t.teardown(() => server.close())
  const run = (args: string[]) => runProgram(['run', '--base-url', server.url, ...args])
  return { server, run }
}

const balanced = (t: Test, { summary }: { summary: any }) =>
  t.equal(
    summary.in,
    summary.kept + total(summary.filtered) + total(summary.rejected),
    'in = kept + filtered + rejected',
  )

t.test('as many records as asked for are kept, the rest is counted, exit 0', async t => {
  const { run } = await running(t)
  const dir = t.testdir({ 'in.jsonl': prompts(300) })
  const ran = await run([
    ...[join(dir, 'in.jsonl'), '--target', '7', '--as', 'record', '--samples', '1'],
    ...['--also', `sft=${join(dir, 'sft')}`, '--rejects', join(dir, 'bad')],
  ])
  t.equal(ran.code, 0)
  t.equal(ran.rows.length, 7)
  t.equal(ran.summary.kept, 7)
  t.notOk('stopped' in ran.summary)
  t.notOk('open' in ran.summary)
  t.ok(ran.summary.filtered.target_reached > 0)
  balanced(t, ran)
  const ids = new Set(ran.rows.map(({ id }) => id))
  const beside = readFileSync(join(dir, 'sft'), 'utf8').split('\n').filter(Boolean)
  t.ok(
    beside.every(row => ids.has(JSON.parse(row).id)),
    'further rows are those of the same records',
  )
})

t.test('calls that are open when it is reached are cut, and none is begun', async t => {
  const { run, server } = await running(t)
  const file = join(t.testdir({ 'in.jsonl': prompts(30) }), 'in.jsonl')
  // The first record gets its answers; whatever else is asked for is never answered.
  server.script(
    ({ schema, body }) =>
      schema === 'ultraif_decompose' && !JSON.stringify(body).includes('Name 2 rivers'),
    { fault: 'stall' },
  )
  const ran = await run([file, '--target', '1', '--as', 'record', '--deadline', '10m'])
  t.equal(ran.code, 0)
  t.match(ran.rows, [{ seed: { query: 'Name 2 rivers of Asia.' } }])
  t.equal(ran.summary.filtered.target_reached, ran.summary.in - 1)
})

t.test(
  'in the order of the input they are the first ones of an undisturbed run',
  async t => {
    const { run } = await running(t, { passRate: 0.7 })
    const args = [corpus, '--seed', '3', '--order', 'input']
    const whole = await run(args)
    t.ok(whole.rows.length > 5)
    const part = await run([...args, '--target', '4'])
    t.strictSame(part.rows, whole.rows.slice(0, 4))
  },
)

t.test('an input that ends before is told, and no failure', async t => {
  const { run } = await running(t)
  const ran = await run([corpus, '--target', '500'])
  t.equal(ran.code, 0)
  t.match(
    ran.stderr,
    /run: the input ended with \d+ records kept, and --target asked for 500/,
  )
  t.notOk('target_reached' in ran.summary.filtered)
})

t.test('the last record of the input may be the one that was missing', async t => {
  const { run } = await running(t)
  const ran = await run([corpus, '--target', '13', '--as', 'record'])
  t.match(ran, { code: 0, summary: { in: 13, kept: 13, filtered: {} } })
  t.notMatch(ran.stderr, /--target/)
})

t.test('a recipe without a filter stops as well, at its rows', async t => {
  const { run } = await running(t)
  const recipe = join(
    t.testdir({ 'mine.mjs': 'export default () => source => source.map(r => r)' }),
    'mine.mjs',
  )
  const ran = await run([corpus, '--pipeline', recipe, '--target', '2'])
  t.equal(ran.code, 0)
  t.equal(ran.rows.length, 2)
  t.match(ran.summary, { kept: 2, filtered: { target_reached: 11 } })
})

t.test('rows that a stage after the filter still holds are written', async t => {
  const { run } = await running(t)
  const dir = t.testdir({ 'in.jsonl': prompts(50) })
  const recipe = join(dir, 'mine.mjs')
  writeFileSync(
    recipe,
    `import { chain, filter, perRecord } from ${JSON.stringify(join(import.meta.dirname, '../../../lib/index.ts'))}
     export default ({ options }) => chain(filter(options.filter), perRecord(async row => {
       await new Promise(setImmediate)
       return { ...row, later: true }
     }))`,
  )
  const args = ['--pipeline', recipe, '--as', 'record', '--target', '5']
  const ran = await run([join(dir, 'in.jsonl'), ...args])
  t.equal(ran.rows.filter(({ later }) => later).length, 5)
  balanced(t, ran)
})

t.test('a target that is no number of records is refused', async t => {
  const { run } = await running(t)
  t.match(await run([corpus, '--target', '0']), {
    code: 2,
    stderr: /--target to be a whole number of at least 1, got "0"/,
  })
})
