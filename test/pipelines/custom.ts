/** Recipes of a user's own, and what becomes of the records in them. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import t, { type Test } from 'tap'
import { runProgram } from '../../fixtures/run-program.js'
import { simulate } from '../../fixtures/vllm/simulate.js'

const corpus = join(import.meta.dirname, '../../fixtures/samples/query.jsonl')
const lib = join(import.meta.dirname, '../../lib')

let modules = 0

const run = async (t: Test, module: string, ...args: string[]) => {
  const server = await simulate()
  t.teardown(() => server.close())
  // Node loads a path once: another module needs another one.
  const dir = join(t.testdirName, String(modules++))
  mkdirSync(dir, { recursive: true })
  t.teardown(() => rmSync(t.testdirName, { recursive: true, force: true }))
  writeFileSync(join(dir, 'mine.mjs'), module)
  return runProgram([
    ...['run', '--base-url', server.url, '--pipeline', join(dir, 'mine.mjs')],
    ...args,
    corpus,
  ])
}

t.test('what it passes on is written, a line each, and counted as kept', async t => {
  const ran = await run(
    t,
    `export default ({ log }) => { log('hello from mine'); return source => source.map(({ id, query }) => ({ id, text: query })) }`,
  )
  t.equal(ran.code, 0)
  t.equal(ran.rows.length, 13)
  t.match(ran.rows[0], { id: String, text: String })
  t.match(ran.summary, { in: 13, kept: 13, filtered: {}, rejected: {} })
  t.match(ran.stderr, /^hello from mine$/m)
})

t.test('what it let go is counted as filtered', async t => {
  const ran = await run(
    t,
    `export default () => source => source.filter(({ id }) => id.endsWith('3'))`,
  )
  t.match(ran.summary, { in: 13, kept: 2, filtered: { dropped_by_pipeline: 11 } })
})

t.test('what it throws at costs one record', async t => {
  const ran = await run(
    t,
    `export default () => source => source.map(record => { if (record.id.endsWith('-7')) throw new Error('not seven'); return record })`,
  )
  t.equal(ran.code, 0)
  t.match(ran.summary, { in: 13, kept: 12, rejected: { stage_error: 1 } })
  t.match(ran.stderr, /rejected stage_error at .*: not seven/)
})

t.test(
  'it may stop early, and the corpus is not read to its end for nothing',
  async t => {
    const many = join(mkdtempSync(join(tmpdir(), 'ultraif-')), 'many.jsonl')
    t.teardown(() => rmSync(dirname(many), { recursive: true }))
    const line = (i: number) => `{"query":"Prompt ${i}: ${'x'.repeat(300)}"}\n`
    writeFileSync(many, Array.from({ length: 20_000 }, (_, i) => line(i)).join(''))
    const ran = await run(t, `export default () => source => source.take(3)`, many)
    t.equal(ran.code, 0)
    t.match(ran.summary, { kept: 3, stopped: undefined })
    t.ok(ran.summary.in < 1000, `${ran.summary.in} of 20,013 read`)
    t.equal(ran.summary.in, 3 + ran.summary.filtered.dropped_by_pipeline)
  },
)

t.test('it may use our stages, with the options of the flags', async t => {
  const ran = await run(
    t,
    `import { perRecord } from '${lib}/flow/per-record.ts'
     import { generate } from '${lib}/stages/generate.ts'
     import { chain } from '${lib}/stage.ts'
     export const defaults = { samples: 2 }
     export default ({ model, options }) => chain(
       perRecord(async record => record.id.endsWith('-1') ? [] : record),
       generate(model.generate, options.generate))`,
  )
  t.equal(ran.code, 0)
  t.equal(ran.rows.length, 12)
  t.ok(ran.rows.every(row => row.responses.length === 2))
  t.match(ran.summary, { in: 13, kept: 12, filtered: { dropped_by_pipeline: 1 } })
})

t.test('it samples in waves where it uses our stage for it', async t => {
  const ran = await run(
    t,
    `import { perRecord } from '${lib}/flow/per-record.ts'
     import { sample } from '${lib}/stages/sample.ts'
     import { chain } from '${lib}/stage.ts'
     export const defaults = { samples: 3, as: 'record', until: 'pass' }
     const questions = [{ text: 'Is it short?', from: 'seed' }]
     export default ({ model, options }) => chain(
       perRecord(async record => ({ ...record, questions })),
       sample(model, options.sample))`,
  )
  t.equal(ran.code, 0)
  const drawn = ran.rows.map(row => row.responses.length)
  t.ok(drawn.includes(1))
  t.ok(drawn.every(count => count === 1 || count === 3))
})

t.test('where it draws all samples all the same, --until is refused', async t => {
  const ran = await run(
    t,
    `import { generate } from '${lib}/stages/generate.ts'
     export default ({ model, options }) => generate(model.generate, options.generate)`,
    '--until',
    'pass',
  )
  t.equal(ran.code, 2)
  t.match(ran.stderr, /--until pass: the recipe .*mine\.mjs does not sample in waves/)
  t.equal(ran.stdout, '')
})

t.test('records that it makes of others count as input', async t => {
  const ran = await run(
    t,
    `import { perRecord } from '${lib}/flow/per-record.ts'
     export default () => perRecord(async record => ['.c1', '.c2'].map(child => ({ ...record, id: record.id + child })))`,
  )
  t.match(ran.summary, { in: 26, kept: 26, filtered: {} })
})

t.test('a row that is no JSON costs its own record, and is named', async t => {
  const ran = await run(
    t,
    `export default () => source => source.map(({ id }) => ({ id, n: 1n }))`,
  )
  t.match(ran, { code: 0, summary: { in: 13, rejected: { stage_error: 13 } } })
  t.match(ran.stderr, /-1: expected a row that JSON can hold, got a BigInt at \.n/)
})

t.test('a module that cannot be used ends the run with 1', async t => {
  t.match(await run(t, `export default 7`), { code: 1, stderr: /mine\.mjs: expected/ })
  t.match(
    await run(t, `export const defaults = { sampels: 2 }; export default () => s => s`),
    {
      code: 2,
      stderr: /"sampels" in .*mine\.mjs is no option/,
    },
  )
})

t.test('what a recipe cannot do is told before any server is asked', async t => {
  const server = await simulate()
  t.teardown(() => server.close())
  const dir = t.testdir({
    'all.mjs': 'export default () => source => source',
    'broken.mjs': 'export default () => { throw new Error("no such thing") }',
  })
  const start = (recipe: string, ...args: string[]) =>
    runProgram([
      ...['run', '--base-url', server.url, '--pipeline', join(dir, recipe)],
      ...args,
      corpus,
    ])
  t.match(await start('all.mjs', '--until', 'pass'), {
    code: 2,
    stderr: /all\.mjs does not sample in waves/,
  })
  t.match(await start('all.mjs', '--also', `dpo=${join(dir, 'dpo')}`), {
    code: 2,
    stderr: /all\.mjs has no filter/,
  })
  t.match(await start('broken.mjs'), { code: 1, stderr: /no such thing/ })
  t.equal(server.requests.length, 0)
})

t.test(
  'one that asks its models something while it is built gets its answer',
  async t => {
    const ran = await run(
      t,
      `export default async ({ model }) => {
       const { ok } = await model.generate.call({ label: 'mine', rank: 0,
         messages: [{ role: 'user', content: 'Hello.' }],
         sampling: { temperature: 0, topP: 1, maxTokens: 8 } })
       const limit = model.judge.stats().limit
       return source => source.map(({ id }) => ({ id, ok, limit, name: model.compose.name }))
     }`,
    )
    t.match(ran, { code: 0, summary: { kept: 13, calls: { mine: 1 } } })
    t.match(ran.rows[0], { ok: true, limit: Number, name: 'simulated' })
    t.match(ran.stderr, /mine\.mjs has no filter: what it passes on is written as it is/)
  },
)
