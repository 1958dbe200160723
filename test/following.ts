/**
 * A file that grows at the head of a real shell pipe: nothing on the way may wait for company,
 * for the next line, or for an end that never comes.
 */
import { appendFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { built, ended, signalAll, start, startShell } from '../fixtures/built.js'
import { rowsOf } from '../fixtures/run-program.js'
import { until } from '../fixtures/until.js'
import { simulate } from '../fixtures/vllm/simulate.js'

t.before(built)

/** A line of bash with a growing file as `$FILE`; `out` is what has come of it so far. */
const growing = async (t: Test, line: string) => {
  const server = await simulate()
  const file = join(t.testdir(), 'grow.jsonl')
  // bash stays to tell how each of them ended.
  const child = startShell(`trap : INT; ${line}; echo "\${PIPESTATUS[*]}"`, {
    env: { ULTRAIF_BASE_URL: server.url, FILE: file },
  })
  child.stdin.end()
  const said = { out: '' }
  child.stdout.on('data', (chunk: Buffer) => (said.out += chunk.toString()))
  const all = ended(child)
  t.teardown(async () => {
    if (child.exitCode === null && !child.signalCode) signalAll(child, 'SIGKILL')
    await server.close()
  })
  return { file, said, all, signal: (name: NodeJS.Signals) => signalAll(child, name) }
}

const query = (n: number) => `{"query":"Name ${n} rivers in two words each."}\n`

for (const line of [
  'ultraif parse --follow "$FILE" | ultraif generate --samples 1 | ultraif filter --as record',
  'ultraif parse --follow "$FILE" | ultraif generate --batch 16 | ultraif filter --as record',
  'ultraif parse --follow "$FILE" | ultraif generate --order input | ultraif filter --as record',
  `ultraif parse --follow "$FILE" | ultraif decompose | ultraif compose --passes 1 |
    ultraif generate --samples 2 | ultraif evaluate | ultraif filter --as record`,
  'ultraif parse --follow "$FILE" | ultraif run --as record --order input --batch 16',
])
  t.test(`one line more is one row more, at once: ${line}`, async t => {
    const { file, said, all, signal } = await growing(t, line)
    for (const n of [1, 2, 3]) {
      appendFileSync(file, query(n))
      await until(() => rowsOf(said.out).length === n)
    }
    signal('SIGINT')
    const { stdout, stderr } = await all
    t.match(stdout.trimEnd().split('\n').at(-1), /^130( 130)*$/)
    const summaries = rowsOf(stderr)
    t.equal(summaries.length, line.split('|').length)
    for (const summary of summaries) t.match(summary, { in: 3, stopped: true })
  })

t.test('lines of two files of one name reach the end of the pipe, each once', async t => {
  const { file, said, all, signal } = await growing(
    t,
    'ultraif parse --follow "$FILE" | ultraif generate --samples 1',
  )
  writeFileSync(file, `${query(1)}{"query":"Name the longest`)
  await until(() => rowsOf(said.out).length === 1)
  appendFileSync(file, ' river."}')
  renameSync(file, `${file}.1`)
  writeFileSync(file, query(1))
  await until(() => rowsOf(said.out).length === 3)
  signal('SIGINT')
  await all
  const rows = rowsOf(said.out)
  t.same(rows.map(({ query }) => query).sort(), [
    'Name 1 rivers in two words each.',
    'Name 1 rivers in two words each.',
    'Name the longest river.',
  ])
  t.equal(new Set(rows.map(({ id }) => id)).size, 3)
})

t.test('follow gives whole lines as they are, and Ctrl-C ends it at once', async t => {
  const file = join(t.testdir({ f: '{"a":1}\nno JSON \u2028\r\n\n{"b"' }), 'f')
  const child = start(['follow', '--raw', file])
  const said = { out: '' }
  child.stdout.on('data', (chunk: Buffer) => (said.out += chunk.toString()))
  const all = ended(child)
  const first = '{"a":1}\nno JSON \u2028\r\n\n'
  await until(() => said.out === first)
  appendFileSync(file, ':2}\n{"c"')
  await until(() => said.out === `${first}{"b":2}\n`)
  child.kill('SIGINT')
  t.match(await all, {
    code: 130,
    summary: { in: 4, out: 4, rejected: {}, stopped: true },
  })
  t.equal(said.out, `${first}{"b":2}\n`, 'the line that was not whole is left out')
})

t.test('follow waits for a file, and its reader may go away', async t => {
  const file = join(t.testdir(), 'late')
  const child = startShell(
    `ultraif follow "$FILE" | head -n 1; echo "\${PIPESTATUS[0]}"`,
    {
      env: { FILE: file },
    },
  )
  const all = ended(child)
  let timer: NodeJS.Timeout | undefined
  t.teardown(() => clearInterval(timer))
  child.stderr.once('data', () => {
    // The second line meets a pipe that nobody reads any more.
    timer = setInterval(() => appendFileSync(file, '{"a":1}\n'), 20)
  })
  const { stdout, stderr } = await all
  clearInterval(timer)
  t.equal(stdout, '{"a":1}\n0\n')
  t.match(stderr, /late is not there yet: waiting for it\./)
})
