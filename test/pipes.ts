/**
 * Real processes in real shell pipes: what no stream in one process can show.
 */
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import t, { type Test } from 'tap'
import { built, ended, runShell, start } from '../fixtures/built.js'
import { lastJson } from '../fixtures/run-program.js'
import { simulate, type SimulateOptions } from '../fixtures/vllm/simulate.js'

const corpus = join(import.meta.dirname, '../fixtures/samples/query.jsonl')

t.before(built)

const serving = async (t: Test, options: SimulateOptions = {}) => {
  const server = await simulate(options)
  t.teardown(() => server.close())
  return { server, env: { ULTRAIF_BASE_URL: server.url, CORPUS: corpus } }
}

const manyPrompts = (t: Test, count: number): string => {
  const line = (i: number) => `{"query":"Prompt ${i}: ${'x'.repeat(300)}"}\n`
  const file = join(t.testdir(), 'many.jsonl')
  writeFileSync(file, Array.from({ length: count }, (_, i) => line(i)).join(''))
  return file
}

t.test('six filters give the rows of one run, whatever the order', async t => {
  const { env } = await serving(t)
  const piped = await runShell(
    `cat "$CORPUS" | ultraif parse | ultraif decompose --seed 7 | ultraif compose --seed 7 |
      ultraif generate --seed 7 | ultraif evaluate --seed 7 | ultraif filter`,
    { env },
  )
  const alone = await runShell('ultraif run --seed 7 < "$CORPUS"', { env })
  t.equal(piped.code, 0)
  t.ok(alone.rows.length > 0)
  const sorted = (rows: any[]) => rows.map(row => JSON.stringify(row)).sort()
  t.same(sorted(piped.rows), sorted(alone.rows))
  const summaries = piped.stderr.split('\n').filter(line => line.startsWith('{'))
  t.equal(summaries.length, 6, 'each of them accounts for its records')
})

t.test('a replica that dies under a pipe of filters costs no row', async t => {
  const [one, two] = [await simulate({ time: 2 }), await simulate({ time: 2 })]
  t.teardown(() => Promise.all([one.close(), two.close()]))
  const env = { ULTRAIF_BASE_URL: `${one.url},${two.url}`, FILE: manyPrompts(t, 60) }
  const ran = runShell('ultraif parse "$FILE" | ultraif generate --retries 0', { env })
  while (two.stats.sequences < 40) await new Promise(setImmediate)
  await two.die()
  const { rows, stderr } = await ran
  const responses = rows.flatMap(row => row.responses)
  t.equal(responses.filter(({ finish }) => finish !== 'error').length, 300)
  t.match(stderr, /: out \(.+its calls go to the other server/)
})

t.test('head is a quiet 0 in every filter before it', async t => {
  const { env } = await serving(t)
  const file = manyPrompts(t, 5000)
  const ran = await runShell(
    'ultraif parse "$FILE" | ultraif generate --samples 1 | head -n 1; echo "${PIPESTATUS[*]}"',
    { env: { ...env, FILE: file } },
  )
  t.match(ran.rows, [{ responses: [{ text: String }] }])
  t.equal(ran.stdout.trimEnd().split('\n').at(-1), '0 0 0')
  t.notMatch(ran.stderr, /unexpected|EPIPE|Error/)
  t.match(lastJson(ran.stderr), { stopped: true })
})

t.test('stdout stays open for whoever writes there next', async t => {
  // A socket, as under systemd: to end it would shut it down for the whole shell.
  const ran = await runShell('ultraif parse --limit 1 "$CORPUS"; echo after', {
    env: { CORPUS: corpus },
  })
  t.match(ran.stdout, /^\{.*\}\nafter\n$/)
})

t.test('a run that head ends leaves nothing behind that keeps it alive', async t => {
  const { env } = await serving(t)
  const ran = await runShell(
    'ultraif run --as record "$CORPUS" --progress off | head -n 1 | wc -l; echo "${PIPESTATUS[0]}"',
    { env },
  )
  t.equal(ran.stdout.replace(/ /g, ''), '1\n0\n')
  t.match(ran.summary, { in: 13, stopped: true })
})

t.test('the summary stays the last line when stderr is read with stdout', async t => {
  const { env } = await serving(t)
  const ran = await runShell('ultraif run "$CORPUS" --seed 1 2>&1 >/dev/null', { env })
  t.match(lastJson(ran.stdout), { in: 13 })
})

t.test('a slow reader loses nothing', async t => {
  const { env } = await serving(t)
  const ran = await runShell(
    'ultraif parse "$FILE" | ultraif generate --samples 1 | while IFS= read -r line; do echo "${#line}"; done | wc -l',
    { env: { ...env, FILE: manyPrompts(t, 300) } },
  )
  t.equal(ran.stdout.trim(), '300')
})

/** A stop waits for all that is open: few calls at a time, or that takes a slow machine long. */
const few = ['--samples', '1', '--concurrency', '16']

t.test('Ctrl-C on a run over a file: open records finish, exit 130', async t => {
  const { server, env } = await serving(t, { time: 5 })
  const child = start(['run', ...few, manyPrompts(t, 20_000)], { env })
  const said = ended(child)
  await once(child.stdout, 'data')
  child.kill('SIGINT')
  const ran = await said
  t.equal(ran.code, 130)
  t.match(ran.summary, { stopped: true, open: undefined })
  t.ok(ran.summary.in < 20_000)
  t.equal(server.stats.aborted, 0, 'no call was cut')
})

t.test('Ctrl-C twice: open calls are cut, the server sees it, exit 130', async t => {
  const { server, env } = await serving(t)
  let begun = () => {}
  const calls = new Promise<void>(resolve => (begun = resolve))
  server.script(
    ({ schema }) => {
      if (schema !== 'ultraif_decompose') return false
      begun()
      return true
    },
    { fault: 'stall' },
  )
  const child = start(['run', corpus], { env })
  const said = ended(child)
  await calls
  child.kill('SIGINT')
  child.stderr.once('data', () => child.kill('SIGINT'))
  const ran = await said
  t.equal(ran.code, 130)
  t.match(ran.summary, { in: 13, rejected: {}, open: 13, stopped: true })
})

t.test('Ctrl-C on a whole pipe: every row that was paid for arrives', async t => {
  const { env } = await serving(t, { time: 5 })
  const parse = start(['parse', manyPrompts(t, 20_000)], { env })
  const generate = start(['generate', ...few], { env })
  parse.stdout.pipe(generate.stdin)
  const [parsed, generated] = [text(parse.stderr), text(generate.stderr)]
  let rows = 0
  generate.stdout.on(
    'data',
    (chunk: Buffer) => (rows += chunk.toString().split('\n').length - 1),
  )
  await once(generate.stdout, 'data')
  // As a terminal does: to all of them at once.
  parse.kill('SIGINT')
  generate.kill('SIGINT')
  const [[first], [second]] = await Promise.all([
    once(parse, 'close'),
    once(generate, 'close'),
  ])
  t.same([first, second], [130, 130])
  const [from, to] = [lastJson(await parsed), lastJson(await generated)]
  t.equal(to.in, from.out, 'what parse passed on was read')
  t.equal(to.out, to.in, 'and answered')
  t.equal(rows, to.out, 'and written')
})

t.test('SIGTERM ends as Ctrl-C does, with 143', async t => {
  const { env } = await serving(t, { time: 5 })
  const child = start(['run', ...few, manyPrompts(t, 20_000)], { env })
  const said = ended(child)
  await once(child.stdout, 'data')
  child.kill('SIGTERM')
  t.match(await said, { code: 143, summary: { stopped: true } })
})

t.test('Ctrl-C to a filter with a quiet input says what it waits for', async t => {
  const child = start(['parse'])
  const said = ended(child)
  child.stdin.write('one\n')
  await once(child.stdout, 'data')
  child.kill('SIGINT')
  // Once it has told: the second one stops the reading, too.
  child.stderr.once('data', () => child.kill('SIGINT'))
  const ran = await said
  t.equal(ran.code, 130)
  t.match(ran.stderr, /^Stopping when the input ends: .* A second signal stops/)
  t.match(ran.summary, { in: 1, out: 1, stopped: true })
})

t.test('SIGTERM to one filter whose input stays open ends it, too', async t => {
  const { server, env } = await serving(t, { time: 300 })
  let begun = () => {}
  const calls = new Promise<void>(resolve => (begun = resolve))
  // Answered as any: it only tells that the call is there.
  server.script('Name a river.', () => void begun())
  const child = start(['generate', ...few], { env })
  const said = ended(child)
  child.stdin.write('{"id":"a-1","query":"Name a river.","seed":{"query":"x"}}\n')
  await calls
  child.kill('SIGTERM')
  const ran = await said
  t.equal(ran.code, 143)
  t.match(ran.rows, [{ id: 'a-1', responses: [{ finish: 'stop' }] }])
  t.match(ran.summary, { in: 1, out: 1, stopped: true })
  t.match(ran.stderr, /Stopping: 1 open record/)
  t.notOk(child.stdin.writableEnded, 'nobody ended its input')
})

/** For NODE_OPTIONS: runs this before the program. */
const preload = (code: string) =>
  `--import=data:text/javascript,${encodeURIComponent(code)}`

t.test('a signal while it is being loaded ends in a summary all the same', async t => {
  for (const [signal, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const) {
    const PRELOAD = preload(`
      import module from 'node:module'
      const load = module._load
      module._load = function (name, ...rest) {
        if (name === 'highland') process.kill(process.pid, '${signal}')
        return load.call(this, name, ...rest)
      }`)
    const ran = await runShell('NODE_OPTIONS="$PRELOAD" ultraif parse "$CORPUS"', {
      env: { CORPUS: corpus, PRELOAD },
    })
    t.equal(ran.code, code)
    t.match(ran.summary, { in: 0, stopped: true })
  }
})

t.test('a command that listens for no signal is ended by one', async t => {
  const PRELOAD = preload(
    `process.once('newListener', () => setTimeout(() => process.kill(process.pid)))`,
  )
  const ran = await runShell('NODE_OPTIONS="$PRELOAD" ultraif --help', {
    env: { PRELOAD },
  })
  t.equal(ran.code, 143)
})

t.test(
  'a full disk behind stdout ends with 1 and a sentence',
  {
    skip: process.platform !== 'linux' && 'needs /dev/full',
  },
  async t => {
    const ran = await runShell('ultraif parse "$CORPUS" > /dev/full', {
      env: { CORPUS: corpus },
    })
    t.equal(ran.code, 1)
    t.match(ran.stderr, /Could not write to stdout: no space left on device \(ENOSPC\)/)
    t.match(ran.summary, { stopped: true })
  },
)
