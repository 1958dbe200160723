/** A durable run over hostile lines, stopped and gone on with: its books are as right as its rows. */
import { EventEmitter } from 'node:events'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { hostileLines } from '../../fixtures/hostile-lines.js'
import { balances } from '../../fixtures/tally.js'
import { rowsOf, runProgram } from '../../fixtures/run-program.js'
import { simulate } from '../../fixtures/vllm/simulate.js'

/** Rejects of elsewhere, with codes that are names in every object, or none that can be shown. */
const codes = [
  'constructor',
  'toString',
  '__proto__',
  '',
  'a\0\ud83d\u202e',
  'c'.repeat(1e5),
]
const rejected = (code: string): string =>
  JSON.stringify({
    id: 'own-1',
    query: 'q',
    seed: { query: 'q' },
    reject: { stage: 's', code, message: 'm' },
  })

const setUp = async (t: Test) => {
  const folder = t.testdir()
  const server = await simulate()
  t.teardown(() => server.close())
  const corpus = join(folder, 'corpus.jsonl')
  const lines = [...codes.map(rejected), ...Object.values(hostileLines)]
  writeFileSync(
    corpus,
    Buffer.concat(lines.flatMap(line => [Buffer.from(line), Buffer.from('\n')])),
  )
  const run = (name: string, signals = new EventEmitter()) =>
    runProgram(
      [
        ...['run', '--seed', '1', '--state', join(folder, name)],
        ...['--out', join(folder, `${name}.jsonl`), corpus],
      ],
      { env: { ULTRAIF_BASE_URL: server.url.replace('//', '//ann:s3cret@') }, signals },
    )
  const rows = (name: string) =>
    rowsOf(readFileSync(join(folder, `${name}.jsonl`), 'utf8'))
      .map(row => JSON.stringify(row))
      .sort()
  return { folder, server, run, rows, count: lines.length }
}

// `any` here: the summary, as JSON on stderr.

/** What does not depend on how often the run was begun. */
const books = ({ summary: { in: all, kept, filtered, rejected, rows } }: any) =>
  JSON.stringify([all, kept, filtered, rejected, rows].map(sorted))
const sorted = (counts: any) =>
  typeof counts === 'object' ? Object.entries(counts).sort() : counts

t.test('gone on with after a stop, it ends as if there had been none', async t => {
  const { server, run, rows, count } = await setUp(t)
  const undisturbed = await run('undisturbed')
  balances(t, undisturbed)
  t.equal(undisturbed.summary.in, count)

  const signals = new EventEmitter()
  server.script(({ schema }) => {
    if (schema === 'ultraif_verdicts') {
      signals.emit('SIGINT', 'SIGINT')
      signals.emit('SIGINT', 'SIGINT')
    }
    return false
  }, '')
  const stopped = await run('stopped', signals)
  t.equal(stopped.code, 130)
  t.ok(stopped.summary.open > 0, 'records were open')
  server.clearScripts()
  const resumed = await run('stopped')
  balances(t, resumed)
  t.same(rows('stopped'), rows('undisturbed'))
  t.equal(books(resumed), books(undisturbed))
  t.equal(books(await run('stopped')), books(undisturbed), 'and once more')
})

t.test('no file of the state holds the password of a server', async t => {
  const { folder, run } = await setUp(t)
  await run('state')
  const names = readdirSync(join(folder, 'state'))
  t.ok(names.includes('journal') && names.includes('manifest.json'))
  for (const name of names)
    t.notMatch(readFileSync(join(folder, 'state', name), 'utf8'), /s3cret/)
})

t.test('codes that nobody can count are counted together', async t => {
  const { folder, run } = await setUp(t)
  const many = Array.from({ length: 5000 }, (_, i) => rejected(`code ${i}`))
  writeFileSync(join(folder, 'corpus.jsonl'), many.join('\n'))
  const ran = await run('many')
  balances(t, ran)
  t.equal(Object.keys(ran.summary.rejected).length, 201)
  t.equal(ran.summary.rejected.other, 4800)
  t.equal(books(await run('many')), books(ran))
})
