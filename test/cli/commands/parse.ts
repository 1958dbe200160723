import { EventEmitter } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { gzipSync } from 'node:zlib'
import t from 'tap'
import { runProgram } from '../../../fixtures/run-program.js'

const samples = join(import.meta.dirname, '../../../fixtures/samples')
const sum = (counts: { [code: string]: number }) =>
  Object.values(counts).reduce((a, b) => a + b, 0)

t.test('a corpus becomes records, and the summary accounts for them', async t => {
  const { code, rows, summary } = await runProgram([
    'parse',
    join(samples, 'query.jsonl'),
  ])
  t.equal(code, 0)
  t.equal(rows.length, 13)
  t.match(summary, { in: 13, out: 13, rejected: {}, blank: 0, filtered: undefined })
  t.match(rows[0], { id: /^[0-9a-f]{16}-1$/, query: String, seed: { line: 1 } })
})

t.test(
  'bad lines flow on marked, and are told once a code with file and line',
  async t => {
    const file = join(samples, 'broken.jsonl')
    const { code, rows, summary, stderr } = await runProgram(['parse', file])
    t.equal(code, 0)
    t.equal(rows.length, summary.in)
    t.equal(rows.filter(row => row.reject).length, sum(summary.rejected))
    t.equal(summary.in, summary.out + sum(summary.rejected))
    t.ok(sum(summary.rejected) > 0)
    for (const reason of Object.keys(summary.rejected))
      t.match(stderr, new RegExp(`rejected ${reason} at .*broken\\.jsonl:\\d+: `))
  },
)

t.test('with --rejects they leave for their file, whole and once', async t => {
  const dir = t.testdir()
  const file = join(samples, 'broken.jsonl')
  const bad = join(dir, 'bad.jsonl')
  const { rows, summary } = await runProgram(['parse', file, '--rejects', bad])
  const lines = readFileSync(bad, 'utf8').trimEnd().split('\n')
  t.equal(lines.length, sum(summary.rejected))
  t.equal(lines.length + rows.length, summary.in)
  t.notOk(rows.some(row => row.reject))
  for (const line of lines)
    t.match(JSON.parse(line), { id: String, reject: { code: String } })
})

t.test('--strict ends with 3 when something was rejected, and only then', async t => {
  const run = (name: string) =>
    runProgram(['parse', '--strict', '--quiet', join(samples, name)])
  t.equal((await run('broken.jsonl')).code, 3)
  t.equal((await run('query.jsonl')).code, 0)
})

t.test('--quiet leaves the summary alone on stderr', async t => {
  const { stderr } = await runProgram(['parse', '--quiet', join(samples, 'broken.jsonl')])
  t.equal(stderr.trimEnd().split('\n').length, 1)
})

t.test('ids are the same on a second run, and unique over several files', async t => {
  const args = ['parse', join(samples, 'query.jsonl'), join(samples, 'sharegpt.jsonl')]
  const [first, second] = [await runProgram(args), await runProgram(args)]
  t.equal(first.stdout, second.stdout)
  const ids = first.rows.map(row => row.id)
  t.equal(new Set(ids).size, ids.length)
})

t.test(
  'a missing file is refused with exit code 2 before anything is written',
  async t => {
    const { code, stdout, stderr, summary } = await runProgram([
      'parse',
      '/no/such.jsonl',
    ])
    t.equal(code, 2)
    t.equal(stdout, '')
    t.match(stderr, /ultraif: cannot read \/no\/such\.jsonl/)
    t.equal(summary, undefined)
  },
)

t.test('--follow reads on until a signal, behind the files that are named', async t => {
  const dir = t.testdir({ a: 'one\n', b: 'two\nthr' })
  const signals = new EventEmitter()
  let text = ''
  const stdout = new Writable({
    write(chunk: Buffer, _encoding, done) {
      text += chunk.toString()
      if (text.includes('"query":"two"')) signals.emit('SIGTERM', 'SIGTERM')
      done()
    },
  })
  const args = ['parse', join(dir, 'a'), '--follow', join(dir, 'b')]
  const { code, summary } = await runProgram(args, { stdout, signals })
  t.equal(code, 143)
  t.equal(text.trimEnd().split('\n').length, 2)
  t.match(summary, { in: 2, out: 2, rejected: {}, stopped: true })
})

t.test('--follow refuses gzip, and a file that is read already', async t => {
  const dir = t.testdir({ gz: gzipSync('one\n'), plain: 'one\n' })
  const refused = async (args: string[], stderr: RegExp) =>
    t.match(await runProgram(['parse', ...args]), { code: 2, stdout: '', stderr })
  await refused(['--follow', join(dir, 'gz')], /cannot follow .*gz: it is gzip/)
  const plain = join(dir, 'plain')
  await refused([plain, '--follow', plain], /expected .*plain once/)
})

t.test('pieces of torn lines are told at the end, with the first place', async t => {
  const dir = t.testdir({ 'a.jsonl': '{"query":"a"}\n{"query":"b\nx","lang":"en"\n' })
  const { summary, stderr } = await runProgram(['parse', join(dir, 'a.jsonl')])
  t.match(summary, {
    notes: { 'parse.stray_text': 1 },
    strayText: join(dir, 'a.jsonl:3'),
  })
  t.match(stderr, /parse: a line of plain text among JSON lines .*a\.jsonl:3/)
})
