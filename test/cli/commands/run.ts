import { EventEmitter } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import t, { type Test } from 'tap'
import { runProgram, type RunOptions } from '../../../fixtures/run-program.js'
import { simulate, type SimulateOptions } from '../../../fixtures/vllm/simulate.js'

// `as any` here: JSON off the wire, whose shape is what the test is about.

const corpus = join(import.meta.dirname, '../../../fixtures/samples/query.jsonl')
const total = (counts: { [code: string]: number }) =>
  Object.values(counts).reduce((a, b) => a + b, 0)

/** A simulated server, and `ultraif run` on it. */
const running = async (t: Test, options: SimulateOptions = {}) => {
  const server = await simulate(options)
  t.teardown(() => server.close())
  const run = (args: string[], more: RunOptions = {}) =>
    runProgram(['run', '--base-url', server.url, ...args], more)
  return { server, run }
}

const balanced = (t: Test, { summary }: { summary: any }) =>
  t.equal(
    summary.in,
    summary.kept +
      total(summary.filtered) +
      total(summary.rejected) +
      (summary.open ?? 0),
    'in = kept + filtered + rejected',
  )

t.test('prompts become SFT rows, and every record is accounted for', async t => {
  const { run } = await running(t)
  const ran = await run([corpus, '--seed', '1'])
  t.equal(ran.code, 0)
  t.match(ran.rows[0], { id: String, instruction: String, output: String, history: [] })
  t.equal(ran.summary.in, 13)
  t.equal(ran.summary.rows.sft, ran.rows.length)
  t.match(ran.summary.calls, {
    decompose: Number,
    compose: Number,
    generate: Number,
    judge: Number,
  })
  balanced(t, ran)
})

t.test('pairs come from the same records, in a file of their own', async t => {
  const { run } = await running(t, { passRate: 0.6 })
  const dir = t.testdir()
  const ran = await run([
    corpus,
    '--seed',
    '1',
    '--out',
    join(dir, 'sft'),
    '--also',
    `dpo=${join(dir, 'dpo')}`,
  ])
  t.equal(ran.stdout, '')
  const lines = (name: string) =>
    readFileSync(join(dir, name), 'utf8').trimEnd().split('\n')
  t.equal(lines('sft').length, ran.summary.rows.sft)
  t.equal(lines('dpo').length, ran.summary.rows.dpo)
  t.match(JSON.parse(lines('dpo')[0] ?? ''), { chosen: String, rejected: String })
  balanced(t, ran)
})

t.test('the same seed gives the same rows, no seed sends none', async t => {
  const { run, server } = await running(t)
  const [first, second] = [
    await run([corpus, '--seed', '5']),
    await run([corpus, '--seed', '5']),
  ]
  t.same([...first.rows].sort(byId), [...second.rows].sort(byId))
  const before = server.requests.length
  await run([corpus, '--limit', '1'])
  const sent = server.requests.slice(before).filter(({ path }) => path.includes('chat'))
  t.ok(sent.length > 0)
  t.notOk(sent.some(({ body }) => 'seed' in (body as object)))
})
const byId = (a: any, b: any) => (a.id < b.id ? -1 : 1)

t.test('until one passes: the rows of all samples, for fewer calls', async t => {
  const { run } = await running(t, { passRate: 0.9 })
  const all = await run([corpus, '--seed', '5', '--pick', 'first'])
  const few = await run([corpus, '--seed', '5', '--until', 'pass'])
  t.ok(all.rows.length > 5)
  t.same([...few.rows].sort(byId), [...all.rows].sort(byId))
  t.same(few.summary.filtered, all.summary.filtered)
  const calls = ({ summary }: typeof all) => summary.calls.generate + summary.calls.judge
  t.ok(calls(few) < 0.7 * calls(all), `${calls(few)} of ${calls(all)} calls`)
  balanced(t, few)
})

t.test(
  'until a pair is found: SFT rows of all samples, and a pair of those drawn',
  async t => {
    const { run } = await running(t, { passRate: 0.7 })
    const dir = t.testdir()
    const flags = (name: string) => [
      ...[
        corpus,
        '--seed',
        '5',
        '--samples',
        '8',
        '--as',
        'dpo',
        '--out',
        join(dir, name),
      ],
      ...['--also', `sft=${join(dir, `${name}-sft`)}`],
    ]
    const all = await run(flags('all'))
    const few = await run([...flags('few'), '--until', 'pair'])
    const lines = (name: string) =>
      readFileSync(join(dir, name), 'utf8').trimEnd().split('\n').sort()
    t.same(lines('few-sft'), lines('all-sft'))
    t.equal(few.summary.rows.dpo, all.summary.rows.dpo)
    t.ok(few.summary.calls.generate < all.summary.calls.generate)
    balanced(t, few)
  },
)

t.test('an --until that its rows cannot keep is refused before any call', async t => {
  const { run, server } = await running(t)
  const before = server.requests.length
  t.match(await run([corpus, '--until', 'pass', '--as', 'dpo']), {
    code: 2,
    stderr: /Give --until pair/,
  })
  t.match(await run([corpus, '--until', 'pair', '--as', 'dpo', '--preset', 'paper']), {
    code: 2,
    stderr: /Give --pair margin/,
  })
  t.match(await run([corpus, '--until', 'pair']), { code: 2, stderr: /Give --as dpo/ })
  t.match(await run([corpus, '--until', 'first']), { code: 2, stderr: /all, pass, pair/ })
  t.equal(server.requests.length, before)
})

t.test('records with --as record plus rejects are all that came in', async t => {
  const { run, server } = await running(t)
  server.script('ultraif_decompose', 'no JSON at all', { times: 6 })
  const bad = join(t.testdir(), 'bad.jsonl')
  const ran = await run([corpus, '--as', 'record', '--rejects', bad, '--seed', '1'])
  const rejected = readFileSync(bad, 'utf8').split('\n').filter(Boolean)
  t.ok(rejected.length > 0)
  t.equal(ran.rows.length + rejected.length, ran.summary.in)
  t.equal(ran.summary.kept, ran.rows.length)
  balanced(t, ran)
})

t.test('a failing server costs rejects with their code, never the run', async t => {
  const { run, server } = await running(t)
  server.script('ultraif_compose', { fault: 'status', status: 400, form: 'nested' })
  server.script('ultraif_decompose', { fault: 'status', status: 400, form: 'nested' })
  const ran = await run([corpus, '--retries', '0', '--strict'])
  t.equal(ran.code, 3)
  t.same(ran.summary.rejected, { bad_request: 13 })
  t.match(ran.stderr, /rejected bad_request at .*query\.jsonl:\d+: /)
  t.match(
    ran.stderr,
    /run: nothing was kept: 13 of 13 records were rejected as bad_request/,
  )
  balanced(t, ran)
})

t.test('flags go before the environment, before the file, before a preset', async t => {
  const { run, server } = await running(t)
  const config = join(t.testdir({ 'c.json': '{"samples": 3, "top-p": 0.5}' }), 'c.json')
  await run(
    [corpus, '--limit', '1', '--samples', '2', '--config', config, '--preset', 'paper'],
    { env: { ULTRAIF_BASE_URL: 'http://127.0.0.1:9' } },
  )
  const generated = server.requests.filter(
    ({ schema, path, body }) =>
      !schema && path.includes('chat') && (body as any).top_p === 0.5,
  )
  t.ok(generated.length > 0)
  t.equal(
    generated.reduce((n, { body }) => n + ((body as any).n ?? 1), 0),
    2,
    'two samples by flag, top-p by file',
  )
  t.equal((generated[0]?.body as any).max_tokens, 4096, 'the rest by the preset')
})

t.test(
  'a server that is named and of no use ends the run with 1, in a sentence',
  async t => {
    const { server } = await running(t)
    server.script({ path: '/v1/models' }, { status: 200, body: { hello: 'world' } })
    const ran = await runProgram(['run', corpus], {
      env: { ULTRAIF_BASE_URL: server.url },
    })
    t.equal(ran.code, 1)
    t.match(
      ran.stderr,
      /ultraif: .*\/v1\/models: answered, but not with a list of models/,
    )
    t.match(ran.summary, { in: 0, stopped: true })
  },
)

t.test(
  '--gguf beside a server is refused, since one of them would be ignored',
  async t => {
    const { run } = await running(t)
    t.match(await run([corpus, '--gguf', 'model.gguf']), {
      code: 2,
      stderr: /--gguf model\.gguf is for the embedded model/,
    })
  },
)

t.test('without a server and without consent nothing is fetched', async t => {
  const cache = t.testdir()
  const ran = await runProgram(['run', corpus], {
    env: { ULTRAIF_CACHE: cache, XDG_CACHE_HOME: cache, HOME: cache, PATH: '' },
  })
  t.equal(ran.code, 2)
  t.match(ran.stderr, /sha256 [0-9a-f]{64}/)
  t.match(ran.stderr, /--yes/)
  t.equal(ran.stdout, '')
})

t.test('keys reach their own server only, and are never printed', async t => {
  const { server } = await running(t, { apiKey: 'secret-key' })
  const ran = await runProgram(
    ['run', corpus, '--limit', '1', '--base-url', server.url],
    {
      env: { ULTRAIF_API_KEY: 'secret-key' },
    },
  )
  t.equal(ran.code, 0)
  t.notMatch(ran.stderr, /secret/)

  const wrong = await runProgram(['run', corpus, '--base-url', server.url], {
    env: { OPENAI_BASE_URL: 'http://127.0.0.1:9', OPENAI_API_KEY: 'secret-key' },
  })
  t.equal(wrong.code, 1)
  t.match(wrong.stderr, /401/)
  t.notMatch(wrong.stderr, /secret/)
})

t.test('the judge may be another server with another model', async t => {
  const { server, run } = await running(t)
  const judge = await simulate({ model: 'the-judge' })
  t.teardown(() => judge.close())
  const ran = await run([corpus, '--limit', '2', '--judge-url', judge.url])
  t.equal(ran.code, 0)
  const schemas = (one: typeof server) =>
    new Set(one.requests.map(({ schema }) => schema).filter(Boolean))
  t.ok(schemas(judge).has('ultraif_verdicts'))
  t.notOk(schemas(judge).has('ultraif_compose'))
  t.notOk(schemas(server).has('ultraif_verdicts'))
})

t.test('a first signal lets open records finish, and the rest is not read', async t => {
  const { run, server } = await running(t, { time: 20 })
  const signals = new EventEmitter()
  const file = join(t.testdir(), 'many.jsonl')
  writeFileSync(
    file,
    Array.from(
      { length: 20_000 },
      (_, i) => `{"query":"Prompt ${i} ${'x'.repeat(500)}"}\n`,
    ).join(''),
  )
  let asked = 0
  server.script(({ path }) => {
    if (path.includes('chat') && ++asked === 20) signals.emit('SIGINT', 'SIGINT')
    return false
  }, '')
  const ran = await run([file, '--passes', '1', '--samples', '1'], { signals })
  t.equal(ran.code, 130)
  t.ok(ran.summary.in > 0 && ran.summary.in < 20_000, `${ran.summary.in} read`)
  t.match(ran.summary, { stopped: true, open: undefined })
  t.match(ran.stderr, /Stopping: \d+ open records finish first/)
  balanced(t, ran)
})

t.test('a second signal cuts the calls, and what was open stays open', async t => {
  const { run, server } = await running(t)
  const signals = new EventEmitter()
  let asked = 0
  server.script(
    ({ schema }) => {
      if (schema !== 'ultraif_decompose') return false
      if (++asked === 10) {
        signals.emit('SIGTERM', 'SIGTERM')
        signals.emit('SIGTERM', 'SIGTERM')
      }
      return true
    },
    { fault: 'stall' },
  )
  const ran = await run([corpus], { signals })
  t.equal(ran.code, 143)
  t.match(ran.summary, { stopped: true, kept: 0, rejected: {} })
  t.ok(ran.summary.open > 0)
})

t.test('a second signal makes no row of half-judged records', async t => {
  const { run, server } = await running(t, { time: 10, passRate: 0.6 })
  const whole = await run([corpus, '--seed', '1'])
  const rows = new Map(whole.rows.map(row => [row.id, row]))
  const signals = new EventEmitter()
  let judged = 0
  server.script(({ schema }) => {
    if (schema === 'ultraif_verdicts' && ++judged === 40) {
      signals.emit('SIGTERM', 'SIGTERM')
      signals.emit('SIGTERM', 'SIGTERM')
    }
    return false
  }, '')
  const cut = await run([corpus, '--seed', '1'], { signals })
  t.ok(cut.summary.open > 0)
  for (const row of cut.rows) t.same(row, rows.get(row.id))
  t.ok(
    (cut.summary.filtered.no_pass ?? 0) <= (whole.summary.filtered.no_pass ?? 0),
    'none is filtered for verdicts that never came',
  )
})

t.test('a reader of stdout that goes away is no error', async t => {
  const { run } = await running(t)
  const gone = new Writable({
    write: (_row, _encoding, done) =>
      done(Object.assign(new Error('write EPIPE'), { code: 'EPIPE', syscall: 'write' })),
  })
  const ran = await run([corpus], { stdout: gone })
  t.equal(ran.code, 0)
  t.match(ran.summary, { stopped: true })
  balanced(t, ran)
})

t.test('a full disk behind stdout is one', async t => {
  const { run } = await running(t)
  const full = new Writable({
    write: (_row, _encoding, done) =>
      done(
        Object.assign(new Error('ENOSPC: no space left on device, write'), {
          code: 'ENOSPC',
          syscall: 'write',
        }),
      ),
  })
  const ran = await run([corpus], { stdout: full })
  t.equal(ran.code, 1)
  t.match(ran.stderr, /Could not write to stdout: no space left on device \(ENOSPC\)/)
  t.match(ran.summary, { stopped: true })
})

t.test(
  'a full disk behind --also ends the run with 1',
  { skip: process.platform !== 'linux' && 'needs /dev/full' },
  async t => {
    const { run } = await running(t)
    const ran = await run([corpus, '--also', 'record=/dev/full'])
    t.equal(ran.code, 1)
    t.match(ran.stderr, /Could not write to \/dev\/full: no space left/)
    t.match(ran.summary, { stopped: true })
  },
)

t.test('a stdout that takes nothing stops the reading of the corpus', async t => {
  const { run, server } = await running(t)
  const file = join(t.testdir(), 'many.jsonl')
  writeFileSync(
    file,
    Array.from(
      { length: 20_000 },
      (_, i) => `{"query":"Prompt ${i} ${'x'.repeat(500)}"}\n`,
    ).join(''),
  )
  const signals = new EventEmitter()
  let first = () => {}
  const blocked = new Promise<void>(resolve => (first = resolve))
  let release = () => {}
  const slow = new Writable({
    highWaterMark: 1,
    write: (_row, _encoding, done) => {
      release = done
      first()
    },
  })
  const running_ = run([file, '--passes', '0', '--samples', '1', '--as', 'record'], {
    stdout: slow,
    signals,
  })
  await blocked
  // The windows fill up, and then the server is asked no more.
  let asked = -1
  while (asked !== server.requests.length) {
    asked = server.requests.length
    for (let turn = 0; turn < 300; turn++) await new Promise(setImmediate)
  }
  t.ok(asked < 3000, `${asked} calls for 20,000 records`)
  slow._write = (_row, _encoding, done) => done()
  signals.emit('SIGINT', 'SIGINT')
  release()
  const ran = await running_
  t.equal(ran.code, 130)
  t.ok(ran.summary.in < 3000, `${ran.summary.in} records read`)
  balanced(t, ran)
})
