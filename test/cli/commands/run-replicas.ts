/** `ultraif run` on servers that come and go. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import t, { type Test } from 'tap'
import { runProgram } from '../../../fixtures/run-program.js'
import {
  simulate,
  type SimulatedServer,
  type SimulateOptions,
} from '../../../fixtures/vllm/simulate.js'

const prompts = (t: Test, count: number): string => {
  const file = join(t.testdir(), 'prompts.jsonl')
  const line = (i: number) =>
    `{"query":"Write ${i} words about rivers, in French, as a list."}\n`
  writeFileSync(file, Array.from({ length: count }, (_, i) => line(i)).join(''))
  return file
}

const servers = async <Count extends number>(
  t: Test,
  count: Count,
  options: SimulateOptions = {},
) => {
  const all = await Promise.all(Array.from({ length: count }, () => simulate(options)))
  t.teardown(() => Promise.all(all.map(server => server.close())))
  const flags = all.flatMap(({ url }) => ['--base-url', url])
  return { all, flags }
}

/** Resolves when the server has taken up so many sequences. */
const worked = async (server: SimulatedServer | undefined, sequences: number) => {
  while (server && server.stats.sequences < sequences)
    await new Promise(resolve => setTimeout(resolve, 2))
}

const sorted = (rows: unknown[]) => rows.map(row => JSON.stringify(row)).sort()

t.test('a replica that dies in the middle of a run costs no row', async t => {
  const file = prompts(t, 25)
  const { all, flags } = await servers(t, 2, { time: 2 })
  const quiet = await runProgram(['run', ...flags, '--seed', '1', file])
  const ended = runProgram(['run', ...flags, '--seed', '1', '--retries', '0', file])
  await worked(all[1], (all[1]?.stats.sequences ?? 0) + 60)
  await all[1]?.die()
  const ran = await ended
  t.equal(ran.code, 0)
  t.match(ran.summary, { in: 25, rejected: {} })
  t.same(sorted(ran.rows), sorted(quiet.rows))
  t.match(ran.stderr, /: out \(.+\); its calls go to the other server/)
})

t.test('with all servers gone a run ends in order and can be run again', async t => {
  const file = prompts(t, 60)
  const dir = dirname(file)
  const { all, flags } = await servers(t, 1, { time: 2 })
  const [out, rejects] = [join(dir, 'sft'), join(dir, 'rejects')]
  const args = ['--out', out, '--rejects', rejects, '--seed', '1', '--concurrency', '8']
  const ended = runProgram(['run', ...flags, ...args, '--deadline', '1s', file])
  // Some records have ended by then, and some are on their way.
  while (!existsSync(out) || readFileSync(out).length === 0)
    await new Promise(resolve => setTimeout(resolve, 2))
  await all[0]?.die()
  const ran = await ended
  t.equal(ran.code, 1)
  t.match(ran.stderr, /the model server is out: http.+Open calls wait/)
  t.match(
    ran.stderr,
    /waited 1 s .+ records were open and are not.+run the command again/,
  )
  t.match(ran.summary, { stopped: true, rejected: {} })
  t.ok(ran.summary.open > 0)
  t.ok(ran.summary.kept > 0)
  t.notMatch(readFileSync(rejects, 'utf8'), /unreachable|aborted/, 'nobody was rejected')
  const rows = readFileSync(out, 'utf8').trimEnd().split('\n')
  t.equal(rows.length, ran.summary.kept, 'what was finished is written')
  const { in: read, kept, filtered, rejected, open } = ran.summary
  const total = (counts: object) =>
    Object.values(counts).reduce((sum: number, n) => sum + Number(n), 0)
  t.equal(read, kept + total(filtered) + total(rejected) + open)
})

t.test('a single stage ends likewise when its server is gone', async t => {
  const { all } = await servers(t, 1, { time: 2 })
  const [server] = all
  const parsed = await runProgram(['parse', prompts(t, 100)])
  const file = join(t.testdir(), 'records.jsonl')
  writeFileSync(file, parsed.stdout)
  const ended = runProgram([
    'generate',
    ...['--base-url', server?.url ?? '', '--deadline', '1s', '--concurrency', '8'],
    file,
  ])
  await worked(server, 50)
  await server?.die()
  const ran = await ended
  t.equal(ran.code, 1)
  t.equal(ran.rows.length, ran.summary.out)
  const responses = ran.rows.flatMap(row => row.responses)
  t.ok(responses.length > 0)
  t.notOk(
    responses.some(({ finish }) => finish === 'error'),
    'no record is half done',
  )
  t.match(ran.summary, { rejected: {}, stopped: true })
})

t.test('a role may have replicas of its own', async t => {
  const { flags } = await servers(t, 1)
  const { all: judges } = await servers(t, 2)
  const ran = await runProgram([
    'run',
    ...flags,
    ...judges.flatMap(({ url }) => ['--judge-url', url]),
    prompts(t, 20),
  ])
  t.equal(ran.code, 0)
  for (const { stats } of judges) t.ok(stats.sequences > 5, `${stats.sequences} calls`)
})
