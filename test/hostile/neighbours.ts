/**
 * Hostile lines between ordinary ones, through every command: each gets an end of its own, and
 * its neighbours get what they would have got without it.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { hostileLines } from '../../fixtures/hostile-lines.js'
import { runProgram, type Ran } from '../../fixtures/run-program.js'
import { balances } from '../../fixtures/tally.js'
import { simulate } from '../../fixtures/vllm/simulate.js'

const hostile = Object.values(hostileLines)
const ordinary = (i: number) =>
  JSON.stringify({
    id: `neighbour ${i}`,
    query: `Describe harbour ${i} in two sentences.`,
  })

/** Hostile lines, or blanks in their place, and an ordinary line behind each. */
const corpus = (lines: 'hostile' | 'blank', end: string): Buffer =>
  Buffer.concat(
    hostile.flatMap((line, i) => [
      Buffer.from(lines === 'hostile' ? line : ''),
      Buffer.from(`${end}${ordinary(i)}${end}`),
    ]),
  )

/** The same name for both, since a record holds that of its file. */
const files = (t: Test, end: string) => {
  const folder = t.testdir()
  const write = (lines: 'hostile' | 'blank') => {
    mkdirSync(folder, { recursive: true })
    writeFileSync(join(folder, 'corpus.jsonl'), corpus(lines, end))
    return join(folder, 'corpus.jsonl')
  }
  return { folder, write }
}

const serving = async (t: Test) => {
  const server = await simulate()
  t.teardown(() => server.close())
  return { env: { ULTRAIF_BASE_URL: server.url } }
}

/** Rows of the ordinary lines, in an order of their own. */
const neighbours = ({ rows }: Ran): string[] =>
  rows
    .filter(({ seed_id, seed }) => /^neighbour/.test(String(seed_id ?? seed?.id)))
    .map(row => JSON.stringify(row))
    .sort()

for (const [ends, end] of [
  ['LF', '\n'],
  ['CRLF', '\r\n'],
] as const)
  t.test(`run, with lines that end in ${ends}`, async t => {
    const { write } = files(t, end)
    const { env } = await serving(t)
    const run = (lines: 'hostile' | 'blank') =>
      runProgram(['run', '--seed', '1', '--as', 'record', write(lines)], { env })
    const ran = await run('hostile')
    balances(t, ran, 'run')
    t.equal(ran.summary.in, 2 * hostile.length)
    t.equal(neighbours(ran).length, hostile.length)
    t.same(neighbours(ran), neighbours(await run('blank')))
  })

const stages = ['parse', 'decompose', 'compose', 'generate', 'evaluate', 'filter']

t.test('each stage, on what the one before it wrote', async t => {
  const { folder, write } = files(t, '\n')
  const { env } = await serving(t)
  const through = async (lines: 'hostile' | 'blank') => {
    let input = write(lines)
    const ends: Ran[] = []
    for (const stage of stages) {
      const seed = stage === 'parse' || stage === 'filter' ? [] : ['--seed', '1']
      const ran = await runProgram([stage, ...seed, input], { env })
      ends.push(ran)
      input = join(folder, `${stage}.jsonl`)
      writeFileSync(input, ran.stdout)
    }
    return ends
  }
  const ends = await through('hostile')
  const clean = await through('blank')
  for (const [i, ran] of ends.entries()) {
    const stage = stages[i] as string
    balances(t, ran, stage)
    t.equal(ran.summary.in, 2 * hostile.length, stage)
    t.same(neighbours(ran), neighbours(clean[i] as Ran), stage)
  }
  t.ok(neighbours(ends.at(-1) as Ran).length > hostile.length / 2)
})
