/** `--max-rejects`: a run in which everything fails the same way ends, and says of what. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { runProgram } from '../../../fixtures/run-program.js'
import { simulate } from '../../../fixtures/vllm/simulate.js'

// `as any` here: JSON off the wire, whose shape is what the test is about.

const prompts = (n: number): string =>
  Array.from(
    { length: n },
    (_, i) => `{"query":"Name ${i + 2} rivers of Asia.","pad":"${'x'.repeat(900)}"}\n`,
  ).join('')

const total = (counts: { [code: string]: number }) =>
  Object.values(counts).reduce((a, b) => a + b, 0)

const running = async (t: Test, n: number) => {
  const server = await simulate()
  t.teardown(() => server.close())
  const dir = t.testdir({ 'in.jsonl': prompts(n) })
  const file = join(dir, 'in.jsonl')
  const run = (args: string[], command = 'run') =>
    runProgram([command, '--base-url', server.url, file, ...args])
  return { server, run, dir }
}

t.test('a key that every call is refused with ends the run in order', async t => {
  const { server, run } = await running(t, 3000)
  server.script('ultraif_decompose', { fault: 'status', status: 401 })
  const ran = await run(['--max-rejects', '50%', '--concurrency', '8'])
  t.equal(ran.code, 1)
  t.match(
    ran.stderr,
    /ultraif: \d+ of \d+ records failed, and --max-rejects allows 50 %, all as unauthorized\. The first of these, at .*in\.jsonl:\d+: .*401.* Set ULTRAIF_API_KEY/,
  )
  t.match(ran.stderr, /What was finished is written; \d+ records were open/)
  t.equal(ran.summary.stopped, true)
  t.ok(ran.summary.in < 1500, `${ran.summary.in} of 3,000 were read`)
  t.equal(ran.summary.in, total(ran.summary.rejected) + ran.summary.open)
})

t.test('a model that the server does not know likewise, by number', async t => {
  const { server, run } = await running(t, 500)
  const message = 'The model `gone` does not exist.'
  server.script('ultraif_decompose', { fault: 'status', status: 404, message })
  const ran = await run(['--max-rejects', '10'])
  t.equal(ran.code, 1)
  t.match(ran.stderr, /allows 10, all as no_such_model/)
  t.ok(ran.summary.open > 0)
})

t.test('so does a judge that never gives a verdict', async t => {
  const { server, run } = await running(t, 400)
  server.script('ultraif_verdicts', 'I would rather not say.')
  const args = ['--samples', '1', '--passes', '1', '--concurrency', '8']
  const ran = await run([...args, '--max-rejects', '5'])
  t.equal(ran.code, 1)
  t.match(ran.stderr, /allows 5, .*unjudged\. .*: no usable verdict on any response/)
  t.ok(ran.summary.filtered.no_pass > 0, 'they are filtered as ever')
  t.ok(ran.summary.notes['judge.unjudged'] > 5)
  t.equal(ran.summary.stopped, true)
})

t.test('and a stage of a shell pipe, with what it had finished on stdout', async t => {
  const { server, run } = await running(t, 400)
  server.script(
    ({ schema, body }) =>
      schema === 'ultraif_decompose' && !JSON.stringify(body).includes('Name 2 rivers'),
    { fault: 'status', status: 400 },
  )
  const ran = await run(['--max-rejects', '20', '--concurrency', '1'], 'decompose')
  t.equal(ran.code, 1)
  t.match(ran.summary, { out: 1, stopped: true })
  const marked = ran.rows.filter(row => row.reject)
  t.equal(marked.length, ran.summary.rejected.bad_request)
})

t.test('rejects marked by the stage before are not its own', async t => {
  const { server } = await running(t, 0)
  const marked = { stage: 'decompose', code: 'deadline', message: 'late' }
  const file = join(t.testdir(), 'in.jsonl')
  const lines = Array.from({ length: 50 }, (_, i) =>
    JSON.stringify({ id: `a-${i}`, query: 'q', seed: { query: 'q' }, reject: marked }),
  )
  writeFileSync(file, lines.join('\n'))
  const args = ['generate', '--base-url', server.url, '--max-rejects', '0', file]
  const ran = await runProgram(args)
  t.equal(ran.code, 0)
  t.match(ran.summary, { rejected: { deadline: 50 } })
})

t.test('bad lines stop parse, which reads a wrong file in vain', async t => {
  const file = join(t.testdir({ 'in.csv': '{"id";"prompt"}\n'.repeat(300) }), 'in.csv')
  const ran = await runProgram(['parse', file, '--max-rejects', '10%'])
  t.equal(ran.code, 1)
  t.match(ran.stderr, /all as bad_json\. .* give --format text\./)
})

t.test('few failures are let through, and at the end a share is what it is', async t => {
  const { server, run } = await running(t, 20)
  server.script(
    ({ schema, body }) =>
      schema === 'ultraif_decompose' && /Name 1\d rivers/.test(JSON.stringify(body)),
    { fault: 'status', status: 400 },
  )
  const args = ['--retries', '0', '--as', 'record', '--samples', '1', '--max-rejects']
  t.match(await run([...args, '50%']), {
    code: 0,
    summary: { rejected: { bad_request: 10 } },
  })
  const more = await run([...args, '49.9%'])
  t.match(more, { code: 1, summary: { kept: 10, rejected: { bad_request: 10 } } })
  t.notOk('stopped' in more.summary, 'nothing was left undone')
})

t.test('what is neither a number nor a share is refused', async t => {
  for (const given of ['many', '-1', '101%', '5 percent', '0.5'])
    t.match(await runProgram(['parse', '--max-rejects', given]), {
      code: 2,
      stderr: /--max-rejects to be a number of records such as 100, or a share/,
    })
})

t.test(
  'a durable run goes on once the cause is gone, and its rejects after it',
  async t => {
    const { server, run, dir } = await running(t, 60)
    const out = join(dir, 'rows')
    const state = join(dir, 'state')
    const args = [
      '--as',
      'record',
      '--samples',
      '1',
      '--seed',
      '1',
      '--max-rejects',
      '10',
    ]
    let on = true
    const refused = { fault: 'status', status: 401 } as const
    server.script(({ schema }) => on && schema === 'ultraif_decompose', refused)
    const first = await run([...args, '--state', state, '--out', out])
    on = false
    t.match(first, {
      code: 1,
      stderr: /goes on from here, and --from-rejects takes those/,
    })
    const { rejected } = first.summary
    t.ok(first.summary.open > 0)
    const rest = await run([...args, '--state', state, '--out', out])
    t.match(rest, { code: 0, summary: { in: 60, rejected } })
    const again = await runProgram([
      ...['run', '--base-url', server.url, ...args],
      ...['--from-rejects', join(state, 'rejects.jsonl')],
    ])
    t.equal(again.rows.length, rejected.unauthorized)
    t.equal(again.rows.length + rest.summary.kept, 60)
  },
)
