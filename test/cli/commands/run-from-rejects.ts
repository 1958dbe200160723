/** `run --from-rejects`: the rows that a run without the trouble would have given. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { runProgram } from '../../../fixtures/run-program.js'
import { simulate } from '../../../fixtures/vllm/simulate.js'

// `as any` here: JSON off the wire, whose shape is what the test is about.

const numbers = Array.from({ length: 20 }, (_, i) => i + 10)
const prompts = numbers
  .map(
    n =>
      `{"query":"Name ${n} rivers of Asia and what each is known for. Use a table with two columns. Write in the passive voice.","id":${n}}\n`,
  )
  .join('')

const running = async (t: Test) => {
  const server = await simulate({ passRate: 0.7 })
  t.teardown(() => server.close())
  const dir = t.testdir({ 'in.jsonl': prompts })
  const file = (name: string) => join(dir, name)
  const run = (args: string[], command = 'run') =>
    runProgram([command, '--base-url', server.url, '--seed', '7', ...args])
  return { server, run, file }
}

/** Refuses the calls of some records, each at another stage; the rest goes through. */
const trouble = (server: Awaited<ReturnType<typeof simulate>>) => {
  let on = true
  const composed = new Map<number, number>()
  const stageOf = (schema: string | undefined) =>
    schema?.replace('ultraif_', '') ?? 'generate'
  server.script(
    ({ schema, body, path }) => {
      const n = Number(/Name (\d\d) rivers/.exec(JSON.stringify(body))?.[1])
      if (!on || !path.includes('completions') || Number.isNaN(n)) return false
      const stage = stageOf(schema)
      if (stage === 'compose') composed.set(n, (composed.get(n) ?? 0) + 1)
      return (
        (n % 5 === 0 && stage === 'decompose') ||
        (n % 5 === 1 && stage === 'compose' && (composed.get(n) ?? 0) > 1) ||
        (n % 5 === 2 && stage === 'generate') ||
        (n % 5 === 3 && stage === 'verdicts')
      )
    },
    { fault: 'status', status: 400 },
  )
  return () => (on = false)
}

const sorted = (rows: any[]) => rows.map(row => JSON.stringify(row)).sort()
const lines = (file: string): any[] =>
  readFileSync(file, 'utf8')
    .split('\n')
    .filter(Boolean)
    .map(line => JSON.parse(line))

for (const [name, flags] of Object.entries({
  'all six stages': [],
  'a constraint is taken out before the first pass': ['--from', 'simplified'],
  'only the questions of passes are asked': ['--judge-questions', 'pass'],
  'no more samples than needed': ['--until', 'pass'],
  'the recipe of the paper': ['--pipeline', 'paper', '--pair', 'margin'],
}))
  t.test(
    `rejects of every stage give the rows they would have given: ${name}`,
    async t => {
      const { server, run, file } = await running(t)
      const args = ['--as', 'record', '--samples', '3', ...flags]
      const whole = await run([file('in.jsonl'), ...args])
      t.equal(whole.rows.length, numbers.length)
      const end = trouble(server)
      const first = await run([file('in.jsonl'), ...args, '--rejects', file('bad')])
      end()
      const stages = new Set(lines(file('bad')).map(({ reject }) => reject.stage))
      t.ok(stages.has('compose') && stages.has('generate') && stages.has('evaluate'))
      const again = await run(['--from-rejects', file('bad'), ...args])
      t.equal(again.summary.in, lines(file('bad')).length)
      t.strictSame(sorted([...first.rows, ...again.rows]), sorted(whole.rows))
    },
  )

t.test(
  'a recipe that only answers keeps the questions and passes it was given',
  async t => {
    const { server, run, file } = await running(t)
    const steps = ['--samples', '2', '--passes', '2', '--as', 'record']
    const harder = await run([file('in.jsonl'), ...steps])
    for (const row of harder.rows) delete row.responses
    writeFileSync(
      file('harder'),
      harder.rows.map(row => `${JSON.stringify(row)}\n`).join(''),
    )
    const args = ['--pipeline', 'rejection-sampling', '--as', 'record']
    const whole = await run([file('harder'), ...args])
    const end = trouble(server)
    const first = await run([file('harder'), ...args, '--rejects', file('bad')])
    end()
    t.ok(lines(file('bad')).length > 5)
    const again = await run(['--from-rejects', file('bad'), ...args])
    t.strictSame(sorted([...first.rows, ...again.rows]), sorted(whole.rows))
  },
)

t.test('a recipe of somebody else begins from the prompt as it came', async t => {
  const { server, run, file } = await running(t)
  const lib = JSON.stringify(join(import.meta.dirname, '../../../lib/index.ts'))
  writeFileSync(
    file('mine.mjs'),
    `import { chain, composeRecord, perRecord, sample, filter } from ${lib}
     export default ({ model, options }) => {
       const compose = composeRecord(model.compose, options.compose)
       return chain(
         perRecord(async record => ({ ...record, query: record.query + ' Be brief.' })),
         perRecord(async record => compose(record)),
         sample(model, options.sample), filter(options.filter))
     }`,
  )
  const args = ['--pipeline', file('mine.mjs'), '--samples', '2', '--as', 'record']
  const whole = await run([file('in.jsonl'), ...args])
  const end = trouble(server)
  const first = await run([file('in.jsonl'), ...args, '--rejects', file('bad')])
  end()
  const again = await run(['--from-rejects', file('bad'), ...args])
  t.strictSame(sorted([...first.rows, ...again.rows]), sorted(whole.rows))
})

t.test(
  'marked records on the stdout of a stage do as well, good ones beside them',
  async t => {
    const { server, run, file } = await running(t)
    const end = trouble(server)
    const marked = await run([file('in.jsonl')], 'decompose')
    end()
    writeFileSync(file('marked'), marked.stdout)
    const args = ['--as', 'record', '--samples', '2']
    const again = await run(['--from-rejects', file('marked'), ...args])
    const whole = await run([file('in.jsonl'), ...args])
    t.strictSame(sorted(again.rows), sorted(whole.rows))
    t.equal(again.summary.notes['retry.no_reject'], numbers.length - 4)
  },
)

t.test('bad lines of the corpus are read again, at the place they had', async t => {
  const { run, file } = await running(t)
  const chat = (content: string) => ({
    messages: [
      { role: 'user', content: 'Hello.' },
      { role: 'assistant', content: 'Yes?' },
      { role: 'user', content },
    ],
  })
  const texts = [
    '{"query":"Name three rivers."}',
    '{"query":"Name three lakes."',
    `{"query":"Name three hills. ${'x'.repeat(500)}"}`,
    JSON.stringify(chat('Name three seas.')),
    '{"query":""}',
    `{"weird":"${'x'.repeat(20_000)}"}`,
  ]
  writeFileSync(file('bad.jsonl'), texts.join('\n'))
  const args = ['--as', 'record', '--samples', '1', '--passes', '0', '--max-line']
  const strict = [file('bad.jsonl'), '--rejects', file('rejects')]
  await run([...strict, '--format', 'query', ...args, '400'])
  const codes = lines(file('rejects')).map(({ reject }) => reject.code)
  t.same(codes.sort(), [
    'bad_json',
    'empty_query',
    'line_too_long',
    'line_too_long',
    'unknown_format',
  ])
  const again = await run([
    '--from-rejects',
    file('rejects'),
    ...args,
    '1MiB',
    '--rejects',
    file('still'),
  ])
  const whole = await run([file('bad.jsonl'), ...args, '1MiB'])
  const seas = again.rows.find(({ query }) => query === 'Name three seas.')
  t.match(seas, { seed: { file: file('bad.jsonl'), line: 4 }, history: [{}, {}] })
  t.strictSame(sorted(again.rows), sorted(whole.rows.filter(({ seed }) => seed.line > 1)))
  t.match(
    lines(file('still'))
      .map(({ reject, seed }) => [seed.line, reject.code])
      .sort(),
    [
      [2, 'bad_json'],
      [5, 'empty_query'],
      [6, 'line_too_long'],
    ],
    'what cannot be read, or is not whole in its reject, is still one',
  )
  t.equal(again.summary.notes['retry.not_whole'], 1)
})

t.test('a durable run of rejects goes on where it was', async t => {
  const { server, run, file } = await running(t)
  const args = ['--as', 'record', '--samples', '2']
  const whole = await run([file('in.jsonl'), ...args])
  const end = trouble(server)
  const first = await run([file('in.jsonl'), ...args, '--rejects', file('bad')])
  end()
  const again = ['--from-rejects', file('bad'), ...args, '--state', file('state')]
  const part = await run([...again, '--out', file('more'), '--target', '3'])
  t.match(part.summary, { kept: 3, filtered: { target_reached: Number } })
  const rest = await run([...again, '--out', file('more')])
  t.match(rest, { code: 0, summary: { kept: lines(file('bad')).length } })
  t.strictSame(sorted([...first.rows, ...lines(file('more'))]), sorted(whole.rows))
  const other = await run([
    file('bad'),
    ...args,
    '--state',
    file('state'),
    '--out',
    file('more'),
  ])
  t.match(
    other,
    { code: 2, stderr: /from-rejects/ },
    'as a corpus they are another input',
  )
})

t.test('lines of the file that are no records are rejects as ever', async t => {
  const { run, file } = await running(t)
  writeFileSync(file('odd'), '{"query":"a corpus"}\n{"id":\n')
  const ran = await run(['--from-rejects', file('odd')])
  t.match(ran.summary, { in: 2, rejected: { bad_record: 1, bad_json: 1 } })
  t.match(ran.stderr, /rejected bad_json at .*odd:2/)
})

t.test('rejects take the place of a corpus, and stand beside none', async t => {
  const { run, file } = await running(t)
  t.match(await run(['--from-rejects', file('bad'), file('in.jsonl')]), {
    code: 2,
    stderr: /--from-rejects .*bad takes the place of a corpus, got .*in\.jsonl as well/,
  })
  t.match(await run(['--from-rejects', file('none')]), { code: 2, stderr: /cannot read/ })
})
