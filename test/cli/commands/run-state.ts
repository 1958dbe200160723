/** `ultraif run --state`: a run that can be cut anywhere and goes on. */
import { EventEmitter } from 'node:events'
import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import t, { type Test } from 'tap'
import { runProgram, type RunOptions } from '../../../fixtures/run-program.js'
import {
  simulate,
  type SimulatedServer,
  type SimulateOptions,
} from '../../../fixtures/vllm/simulate.js'

const prompt = (i: number) =>
  `${JSON.stringify({ query: `Write ${i} words about rivers, in French, as a list.` })}\n`
const prompts = (count: number) => Array.from({ length: count }, (_, i) => prompt(i))

interface Durable {
  server: SimulatedServer
  dir: string
  /** The corpus: 24 prompts and a line that is none. */
  input: string
  run: (args?: string[], more?: RunOptions) => ReturnType<typeof runProgram>
  lines: (name: string) => string[]
}

/** `also`: pairs beside, for which a recipe needs a filter. */
const durable = async (
  t: Test,
  options: SimulateOptions = {},
  also = true,
): Promise<Durable> => {
  const server = await simulate({ passRate: 0.6, logLimit: 100_000, ...options })
  t.teardown(() => server.close())
  const dir = folder(t)
  const input = join(dir, 'in.jsonl')
  writeFileSync(input, `${prompts(24).join('')}{"broken\n`)
  const run = (args: string[] = [], more: RunOptions = {}) =>
    runProgram(['run', ...flags(server, dir), ...(also ? pairs(dir) : []), ...args], more)
  const lines = (name: string) =>
    readFileSync(join(dir, name), 'utf8').split('\n').slice(0, -1)
  return { server, dir, input, run, lines }
}

/** One of several of a test: `testdir` would take the last one away. */
const folder = (t: Test): string => {
  const root = existsSync(t.testdirName) ? t.testdirName : t.testdir({})
  return mkdtempSync(join(root, 'run-'))
}

const flags = (server: SimulatedServer, dir: string) => [
  ...['--base-url', server.url, '--seed', '1', '--concurrency', '4'],
  ...['--state', join(dir, 'state'), '--out', join(dir, 'sft')],
  ...['--rejects', join(dir, 'bad')],
]
const pairs = (dir: string) => ['--also', `dpo=${join(dir, 'dpo')}`]

const total = (counts: { [code: string]: number }) =>
  Object.values(counts).reduce((a, b) => a + b, 0)

const outputs = ['sft', 'dpo', 'bad', 'state/rejects.jsonl']
const contents = ({ lines, dir }: Durable) =>
  outputs.map(name =>
    lines(name)
      .map(line => line.replaceAll(dir, ''))
      .sort(),
  )

let recipes = 0
/** Arguments for a recipe of the user's own, of these stages and ours. */
const recipe = (at: Durable, stage: string): string[] => {
  // A module is loaded once by its name.
  const file = join(at.dir, `recipe-${recipes++}.mjs`)
  const lib = join(import.meta.dirname, '../../../lib')
  writeFileSync(
    file,
    `import { readFileSync, renameSync } from 'node:fs'
     import { setTimeout as delay } from 'node:timers/promises'
     import { perRecord } from '${lib}/flow/per-record.ts'
     import { filter } from '${lib}/stages/filter.ts'
     import { chain } from '${lib}/stage.ts'
     export default () => ${stage}`,
  )
  return [at.input, '--pipeline', file]
}
const custom = (at: Durable, stage: string) => at.run(recipe(at, stage))

t.test(
  'a durable run gives the rows that any run gives, and keeps its books',
  async t => {
    const at = await durable(t)
    const plain = await runProgram([
      ...['run', '--base-url', at.server.url, '--seed', '1', at.input],
    ])
    const ran = await at.run([at.input])
    t.equal(ran.code, 0)
    t.same(at.lines('sft').sort(), plain.stdout.split('\n').slice(0, -1).sort())
    t.match(ran.summary, { in: 25, rejected: { bad_json: 1 } })
    t.same(
      JSON.parse(readFileSync(join(at.dir, 'state/summary.json'), 'utf8')),
      ran.summary,
    )
    t.equal(at.lines('bad').length, 1)
    t.same(at.lines('state/rejects.jsonl'), at.lines('bad'))
    t.notOk(existsSync(join(at.dir, 'state/lock')))
  },
)

t.test('a finished run changes nothing, and asks no server', async t => {
  const at = await durable(t)
  const first = await at.run([at.input])
  const before = contents(at)
  const journal = readFileSync(join(at.dir, 'state/journal'))
  await at.server.close()
  const again = await at.run([at.input])
  t.equal(again.code, 0)
  t.same(contents(at), before)
  t.same(readFileSync(join(at.dir, 'state/journal')), journal)
  const { servers: _servers, ...rest } = first.summary
  t.ok(again.summary.seconds >= rest.seconds, 'of all sessions together')
  t.match(again.summary, { ...rest, seconds: Number })
  t.match(again.stderr, /25 records are done already, and nothing is left to do/)
})

t.test('from whichever commit it goes on, each row is there once', async t => {
  const at = await durable(t, { time: 15 })
  await at.run([at.input])
  const whole = contents(at)
  const journal = join(at.dir, 'state/journal')
  const entries = readFileSync(journal, 'utf8').split(/(?<=\n)/)
  t.ok(entries.length >= 3, 'several commits')
  // A crash: entries are missing, one is cut, and the outputs hold more than was promised.
  for (const count of [...entries.keys()].slice(1)) {
    const cut = `${entries[count]}`.slice(0, 40)
    writeFileSync(journal, entries.slice(0, count).join('') + cut)
    for (const name of outputs) appendFileSync(join(at.dir, name), '{"half a r')
    const ran = await at.run([at.input])
    t.equal(ran.code, 0)
    t.match(ran.summary, { in: 25, open: undefined })
    t.same(contents(at), whole, `after ${count} of ${entries.length} commits`)
  }
})

t.test('only records that were open are paid for again', async t => {
  const at = await durable(t, { time: 15 })
  await at.run([at.input])
  const journal = join(at.dir, 'state/journal')
  const entries = readFileSync(journal, 'utf8').split(/(?<=\n)/)
  const half = entries.slice(0, Math.ceil(entries.length / 2))
  writeFileSync(journal, half.join(''))
  // `as any`: a line of the journal, which the tests of the journal check.
  const { books } = JSON.parse(String(half.at(-1)).slice(9)) as any
  const done = books.kept + total(books.filtered)
  const before = at.server.requests.length
  await at.run([at.input])
  const asked = at.server.requests
    .slice(before)
    .filter(({ schema }) => schema === 'ultraif_decompose')
  t.ok(done > 0 && done < 24, 'some were done')
  t.equal(new Set(asked.map(({ text }) => text)).size, 24 - done)
})

t.test('a signal leaves a run that goes on', async t => {
  const at = await durable(t, { time: 5 })
  const whole = await durable(t)
  await whole.run([whole.input])
  const signals = new EventEmitter()
  const stopping = at.run([at.input, '--concurrency', '1'], { signals })
  while (at.server.stats.sequences < 30)
    await new Promise(resolve => setTimeout(resolve, 2))
  signals.emit('SIGINT', 'SIGINT')
  signals.emit('SIGINT', 'SIGINT')
  const stopped = await stopping
  t.equal(stopped.code, 130)
  t.match(stopped.summary, { stopped: true })
  const ran = await at.run([at.input])
  t.equal(ran.code, 0)
  t.same(contents(at), contents(whole))
})

t.test('the same bytes by another way are the same input', async t => {
  const at = await durable(t)
  await at.run([at.input])
  const copy = join(at.dir, 'other-name.jsonl')
  cpSync(at.input, copy)
  const ran = await at.run([copy])
  t.equal(ran.code, 0)
  t.match(ran.stderr, /nothing is left to do/)
})

t.test('an input that has grown gives its new records', async t => {
  const at = await durable(t)
  await at.run([at.input])
  appendFileSync(at.input, prompt(100))
  const ran = await at.run([at.input])
  t.equal(ran.code, 0)
  t.equal(ran.summary.in, 26)
  const once = await durable(t)
  appendFileSync(once.input, prompt(100))
  await once.run([once.input])
  t.same(contents(at), contents(once))
})

t.test('an input that has changed where it was read is refused', async t => {
  const at = await durable(t)
  await at.run([at.input])
  const before = contents(at)
  const text = readFileSync(at.input, 'utf8')
  writeFileSync(at.input, `${text.replace('rivers', 'Rivers')}${prompt(100)}`)
  const changed = await at.run([at.input])
  t.equal(changed.code, 2)
  t.match(changed.stderr, /its first \d+ bytes are not what they were/)
  writeFileSync(at.input, text.slice(0, 500))
  const shorter = await at.run([at.input])
  t.equal(shorter.code, 2)
  t.match(shorter.stderr, /it ends after 500 bytes/)
  t.same(contents(at), before)
})

t.test('a last line without an end may not grow longer', async t => {
  const at = await durable(t)
  writeFileSync(at.input, `${prompt(1)}Name three rivers`)
  await at.run([at.input])
  appendFileSync(at.input, ' in France\n')
  const longer = await at.run([at.input])
  t.equal(longer.code, 2)
  t.match(longer.stderr, /its last line had no line end, and is longer now/)
  writeFileSync(at.input, `${prompt(1)}Name three rivers\n${prompt(2)}`)
  t.equal((await at.run([at.input])).summary.in, 3)
})

t.test('an option that changes the rows is refused, and named', async t => {
  const at = await durable(t)
  await at.run([at.input, '--limit', '4'])
  const other = await at.run([at.input, '--samples', '3', '--max-tokens', '9'])
  t.equal(other.code, 2)
  t.match(other.stderr, /--samples was 5 and is 3; --max-tokens was 2048 and is 9/)
  t.match(other.stderr, /another --state.*--force/)
  const forced = await at.run([at.input, '--samples', '3', '--force'])
  t.equal(forced.code, 0)
  t.equal(forced.summary.in, 25)
  t.match(forced.stderr, /Going on with --force although --samples was 5 and is 3/)
})

t.test('options that do not change a row may change', async t => {
  const at = await durable(t)
  await at.run([at.input, '--limit', '4'])
  const ran = await at.run([
    at.input,
    '--concurrency',
    '2',
    '--deadline',
    '9s',
    '--retries',
    '1',
    '--order',
    'input',
  ])
  t.equal(ran.code, 0)
  t.equal(ran.summary.in, 25)
})

t.test('another model is refused before it is asked', async t => {
  const at = await durable(t)
  await at.run([at.input, '--limit', '4'])
  const other = await simulate({ model: 'another' })
  t.teardown(() => other.close())
  const ran = await runProgram([
    'run',
    ...flags(other, at.dir),
    ...pairs(at.dir),
    at.input,
  ])
  t.equal(ran.code, 2)
  t.match(ran.stderr, /the model of decompose was "simulated" and is "another"/)
  t.equal(other.requests.filter(({ schema }) => schema === 'ultraif_decompose').length, 0)
})

t.test('other words in a prompt are refused', async t => {
  const at = await durable(t)
  await at.run([at.input, '--limit', '4'])
  const own = join(at.dir, 'prompts')
  mkdirSync(own)
  writeFileSync(join(own, 'judge.md'), 'Judge with care.')
  const ran = await at.run([at.input, '--prompts', own])
  t.equal(ran.code, 2)
  t.match(ran.stderr, /the prompt judge was/)
})

t.test('two runs do not share a folder', async t => {
  const at = await durable(t, { time: 5 })
  const first = at.run([at.input])
  while (at.server.stats.sequences < 5)
    await new Promise(resolve => setTimeout(resolve, 2))
  const second = await at.run([at.input])
  t.equal(second.code, 2)
  t.match(second.stderr, new RegExp(`process ${process.pid} on .* works with it`))
  t.equal((await first).code, 0)
})

t.test('an output that was emptied or moved away is noticed', async t => {
  const at = await durable(t)
  await at.run([at.input, '--limit', '20'])
  const sft = join(at.dir, 'sft')
  renameSync(sft, `${sft}.moved`)
  const gone = await at.run([at.input])
  t.equal(gone.code, 2)
  t.match(
    gone.stderr,
    /--out .* to hold the \d+ bytes that the run wrote so far, but there is no such file/,
  )
  renameSync(`${sft}.moved`, sft)
  truncateSync(sft, 10)
  t.equal((await at.run([at.input])).code, 2)
  t.equal((await at.run([at.input, '--force'])).code, 0)
})

t.test(
  'a file that is removed while rows are written ends the run, which goes on',
  async t => {
    const at = await durable(t, { time: 5 })
    const running = at.run([at.input, '--concurrency', '1'])
    const sft = join(at.dir, 'sft')
    while (!existsSync(sft) || readFileSync(sft).length === 0)
      await new Promise(resolve => setTimeout(resolve, 2))
    renameSync(sft, `${sft}.moved`)
    const ran = await running
    t.equal(ran.code, 1)
    t.match(ran.stderr, /to stay where it is during the run, but it was removed/)
    const { kept, open } = ran.summary
    const [last = ''] = at.lines('state/journal').slice(-1)
    t.equal(kept, JSON.parse(last.slice(9)).books.kept, 'what the last commit holds')
    t.ok(open > 0)
    renameSync(`${sft}.moved`, sft)
    t.equal((await at.run([at.input])).code, 0)
    const whole = await durable(t)
    await whole.run([whole.input])
    t.same(contents(at), contents(whole))
  },
)

t.test('a file that is gone at the end is told', async t => {
  const at = await durable(t)
  const sft = join(at.dir, 'sft')
  // Every row is written by then, and nothing more will be.
  const last = `perRecord(async record => {
    if (!record.query.startsWith('Write 23')) return record
    while (readFileSync('${sft}', 'utf8').split('\\n').length < 24) await delay(5)
    renameSync('${sft}', '${sft}.moved')
    return []
  })`
  const ran = await runProgram(['run', ...flags(at.server, at.dir), ...recipe(at, last)])
  t.equal(ran.code, 1)
  t.match(ran.stderr, /sft to stay where it is during the run, but it was removed/)
})

t.test('so does a folder that is moved away', async t => {
  const at = await durable(t, { time: 5 })
  const running = at.run([at.input, '--concurrency', '1'])
  const [sft, state] = [join(at.dir, 'sft'), join(at.dir, 'state')]
  while (!existsSync(sft) || readFileSync(sft).length === 0)
    await new Promise(resolve => setTimeout(resolve, 2))
  renameSync(state, `${state}.moved`)
  const ran = await running
  t.equal(ran.code, 1)
  t.match(ran.stderr, /to stay where it is|no such file or directory/)
  renameSync(`${state}.moved`, state)
  // It names this process, which lives on, as that of a real run would not.
  rmSync(join(state, 'lock'))
  t.equal((await at.run([at.input])).code, 0)
  const whole = await durable(t)
  await whole.run([whole.input])
  t.same(contents(at), contents(whole))
})

t.test(
  'with the servers gone a run stays open, and goes on once one is back',
  async t => {
    const at = await durable(t, { time: 5 })
    const running = at.run([at.input, '--deadline', '1s'])
    while (at.server.stats.sequences < 60)
      await new Promise(resolve => setTimeout(resolve, 2))
    await at.server.die({ exitMs: 0 })
    const lost = await running
    t.equal(lost.code, 1)
    t.match(lost.stderr, /run the command again: it goes on from here/)
    await at.server.revive()
    t.equal((await at.run([at.input])).code, 0)
    const whole = await durable(t)
    await whole.run([whole.input])
    t.same(contents(at), contents(whole))
  },
)

t.test('rows on stdout go on as well', async t => {
  const at = await durable(t)
  const args = [
    ...['run', '--base-url', at.server.url, '--seed', '1', at.input],
    ...['--state', join(at.dir, 'piped')],
  ]
  const first = await runProgram([...args, '--limit', '10'])
  const second = await runProgram(args)
  const whole = await runProgram(args.slice(0, -2))
  t.same(
    [...first.rows, ...second.rows].map(row => row.id).sort(),
    whole.rows.map(row => row.id).sort(),
  )
})

t.test('a pipeline of the user goes on, and another one is another run', async t => {
  const at = await durable(t, {}, false)
  const stage = 'source => source.map(record => ({ ...record, mine: true }))'
  const args = recipe(at, stage)
  await at.run([...args, '--limit', '10'])
  t.equal(at.lines('sft').length, 10)
  const other = await custom(at, `${stage}.map(record => record)`)
  t.equal(other.code, 2)
  t.match(other.stderr, /--pipeline was "sha256:/)
  const ran = await at.run(args)
  t.equal(ran.code, 0)
  t.equal(new Set(at.lines('sft')).size, 24)
})

t.test(
  'behind the filter a row may go, become several or fail, as without --state',
  async t => {
    const at = await durable(t, {}, false)
    const args = recipe(
      at,
      `chain(filter({ as: 'record' }), perRecord(async row => {
        const n = Number(/\\d+/.exec(row.query)[0])
        if (n % 3 === 0) return []
        if (n % 3 === 1) return [row, { ...row, twin: true }]
        throw new Error('no twos')
      }))`,
    )
    const plain = await runProgram([
      'run',
      '--base-url',
      at.server.url,
      '--seed',
      '1',
      ...args,
    ])
    await at.run([...args, '--limit', '10'])
    const ran = await at.run(args)
    t.equal(ran.code, 0)
    t.equal(at.lines('sft').length, 16)
    t.same(
      at.lines('sft').sort(),
      plain.rows
        .filter(row => !row.reject)
        .map(row => JSON.stringify(row))
        .sort(),
    )
    t.match(ran.summary, {
      in: 33,
      kept: 24,
      filtered: {},
      rejected: { bad_json: 1, stage_error: 8 },
      rows: { record: 16 },
      notes: { 'rows.dropped': 8 },
    })
    for (const field of ['in', 'kept', 'filtered', 'rejected', 'rows', 'notes'])
      t.same(ran.summary[field], plain.summary[field], field)
    t.equal(at.lines('bad').length, 9)
  },
)

/** Records of a recipe whose rows take their time behind the filter, until `LATE_MS` is none. */
const late = (t: Test, at: Durable, before = ''): string[] => {
  t.teardown(() => delete process.env['LATE_MS'])
  process.env['LATE_MS'] = '300'
  return recipe(
    at,
    `chain(${before} filter({ as: 'record' }), perRecord(async row => {
      await delay(Number(process.env.LATE_MS))
      return row
    }, { window: 10 }))`,
  )
}

t.test('rows that are cut behind the filter leave their records open', async t => {
  const at = await durable(t, {}, false)
  const args = late(t, at)
  const signals = new EventEmitter()
  const running = at.run(args, { signals })
  const sft = join(at.dir, 'sft')
  while (!existsSync(sft) || readFileSync(sft).length === 0)
    await new Promise(resolve => setTimeout(resolve, 2))
  signals.emit('SIGINT', 'SIGINT')
  signals.emit('SIGINT', 'SIGINT')
  const cut = await running
  t.equal(cut.code, 130)
  t.equal(cut.summary.kept, at.lines('sft').length)
  t.ok(cut.summary.open > 0)
  process.env['LATE_MS'] = '0'
  const ran = await at.run(args)
  t.equal(ran.code, 0)
  t.match(ran.summary, { in: 25, kept: 24, rows: { record: 24 } })
  t.equal(new Set(at.lines('sft')).size, 24)
})

t.test('so they do where too much was rejected', async t => {
  const at = await durable(t, {}, false)
  const bad = `perRecord(async record => {
    if (process.env.LATE_MS !== '0' && /Write 1\\d words/.test(record.query)) throw new Error('no')
    return record
  }),`
  const args = late(t, at, bad)
  const cut = await at.run([...args, '--max-rejects', '2'])
  t.equal(cut.code, 1)
  t.equal(cut.summary.kept, at.lines('sft').length)
  process.env['LATE_MS'] = '0'
  const ran = await at.run(args)
  t.equal(ran.code, 0)
  const { stage_error: lost = 0 } = ran.summary.rejected
  t.equal(ran.summary.kept, 24 - lost)
  t.equal(new Set(at.lines('sft')).size, 24 - lost)
})

t.test('a target is reached, too, where a plain filter drops rows', async t => {
  const at = await durable(t, {}, false)
  const drop = `chain(filter({ as: 'record' }), source =>
    source.filter(row => /[02468] words/.test(row.query)))`
  const args = [...recipe(at, drop), '--target', '10']
  await at.run(args)
  const rows = at.lines('sft')
  const again = await at.run(args)
  t.match(again.stderr, /10 records are done already, and nothing is left to do/)
  t.same(at.lines('sft'), rows)
})

t.test('without --state no row is claimed that was cut', async t => {
  const at = await durable(t, {}, false)
  const args = late(t, at)
  const signals = new EventEmitter()
  const lines: string[] = []
  const stdout = new Writable({
    write: (chunk, _encoding, done) => {
      lines.push(...String(chunk).split('\n').slice(0, -1))
      if (!cut) {
        cut = true
        signals.emit('SIGINT', 'SIGINT')
        signals.emit('SIGINT', 'SIGINT')
      }
      done()
    },
  })
  let cut = false
  const server = ['--base-url', at.server.url, '--seed', '1', '--concurrency', '4']
  const ran = await runProgram(['run', ...server, ...args], { signals, stdout })
  t.equal(ran.code, 130)
  const rows = lines.filter(line => !JSON.parse(line).reject)
  t.match(ran.summary, { kept: rows.length, rows: { record: rows.length } })
})

t.test('rows that do not tell their record end the run', async t => {
  const at = await durable(t, {}, false)
  const ran = await custom(at, 'source => source.map(({ query }) => ({ query }))')
  t.equal(ran.code, 1)
  t.match(ran.stderr, /known which record a row was made of.*an object of its own/)
  const twice = await durable(t, {}, false)
  const doubled = await custom(
    twice,
    'source => source.map(r => [r, { ...r }]).sequence()',
  )
  t.equal(doubled.code, 1)
  t.match(doubled.stderr, /several made of one/)
})

t.test('a run that has reached its target goes on with a higher one', async t => {
  const at = await durable(t, { time: 2 })
  const first = await at.run([at.input, '--target', '5'])
  t.equal(first.code, 0)
  t.equal(first.summary.kept, 5)
  const same = await at.run([at.input, '--target', '5'])
  t.match(same.stderr, /nothing is left to do/)
  t.equal((await at.run([at.input])).summary.in, 25)
  const whole = await durable(t)
  await whole.run([whole.input])
  t.same(contents(at), contents(whole))
})

t.test('a file that another run writes to as well is not written over', async t => {
  const at = await durable(t, { time: 5 })
  const running = at.run([at.input])
  const sft = join(at.dir, 'sft')
  while (!existsSync(sft) || readFileSync(sft).length === 0)
    await new Promise(resolve => setTimeout(resolve, 2))
  appendFileSync(sft, '{"id":"foreign"}\n')
  const ran = await running
  t.equal(ran.code, 1)
  t.match(ran.stderr, /something else writes to it/)
  t.match(at.lines('sft').at(-1), /foreign/)
})

t.test('a reader of stdout that goes away is no error of a durable run', async t => {
  const at = await durable(t)
  const gone = new Writable({
    write: (_chunk, _encoding, done) =>
      done(Object.assign(new Error('write EPIPE'), { code: 'EPIPE', syscall: 'write' })),
  })
  gone.on('error', () => {})
  const ran = await runProgram(
    [
      ...['run', '--base-url', at.server.url, '--seed', '1', at.input],
      ...['--state', join(at.dir, 'piped')],
    ],
    { stdout: gone },
  )
  t.equal(ran.code, 0)
  t.notMatch(ran.stderr, /Could not/)
  t.match(ran.summary, { kept: 0, stopped: true })
})

t.test('a file that is not the run’s own is neither cut nor written to', async t => {
  const at = await durable(t)
  await at.run([at.input, '--limit', '20'])
  const foreign = join(at.dir, 'foreign')
  const text = '{"somebody":"else"}\n'.repeat(2000)
  writeFileSync(foreign, text)
  const longer = await at.run([at.input, '--out', foreign])
  t.equal(longer.code, 2)
  t.match(longer.stderr, /but what it holds is something else/)
  // The folder's own rejects had no bytes until now.
  writeFileSync(join(at.dir, 'bad'), '')
  const empty = await at.run([at.input, '--rejects', foreign])
  t.equal(empty.code, 2)
  t.match(empty.stderr, /to be new or empty/)
  t.equal(readFileSync(foreign, 'utf8'), text)
  t.notOk(existsSync(join(at.dir, 'state/lock')))
  t.equal((await at.run([at.input])).code, 0)
})

t.test('files that the folder keeps for itself are no outputs', async t => {
  const at = await durable(t)
  const state = join(at.dir, 'state')
  const other = join(at.dir, 'other-name')
  mkdirSync(state)
  symlinkSync(state, other)
  symlinkSync(join(state, 'summary.json'), join(at.dir, 'link'))
  for (const [flag, name] of [
    ['--out', join(state, 'journal')],
    ['--out', join(other, 'summary.json')],
    ['--rejects', join(state, 'lock.claim')],
    ['--out', join(state, 'rejects.jsonl')],
    ['--also', `record=${join(other, 'rejects.jsonl')}`],
    ['--out', join(at.dir, 'link')],
  ] as const) {
    const ran = await at.run([at.input, flag, name])
    t.equal(ran.code, 2)
    t.match(ran.stderr, /a file that --state keeps for itself/)
  }
  t.same(readdirSync(state), [])
  const ran = await at.run([at.input, '--rejects', join(other, 'rejects.jsonl')])
  t.equal(ran.code, 0)
  t.equal(at.lines('state/rejects.jsonl').length, 1)
})

t.test('nor inputs: what is there is not written over', async t => {
  const at = await durable(t)
  const state = join(at.dir, 'state')
  mkdirSync(state)
  for (const name of ['summary.json', 'journal.new']) {
    const input = join(state, name)
    writeFileSync(input, prompt(1))
    const read = await at.run([input])
    t.equal(read.code, 2)
    t.match(read.stderr, /a file that --state keeps for itself/)
    const beside = await at.run([at.input])
    t.equal(beside.code, 2)
    t.match(beside.stderr, new RegExp(`but it holds ${name} and no journal`))
    t.equal(readFileSync(input, 'utf8'), prompt(1))
    rmSync(input)
  }
})

t.test(
  'rows of a run whose journal is empty are not wiped, with --force either',
  async t => {
    const at = await durable(t)
    await at.run([at.input])
    const before = at.lines('sft')
    truncateSync(join(at.dir, 'state/journal'))
    for (const more of [[], ['--force']]) {
      const ran = await at.run([at.input, ...more])
      t.equal(ran.code, 2)
      t.match(ran.stderr, /Expected the journal in .* to say what the run .* wrote/)
    }
    t.same(at.lines('sft'), before)
  },
)

t.test('a summary that a crash has kept from being told is told later', async t => {
  const at = await durable(t)
  const { summary } = await at.run([at.input])
  const path = join(at.dir, 'state/summary.json')
  const told = readFileSync(path, 'utf8')
  await at.run([at.input])
  t.equal(readFileSync(path, 'utf8'), told, 'a finished run changes nothing')
  for (const stale of ['{"in":3,"stopped":true}', '{"in":3,"kept":1}', undefined]) {
    if (stale) writeFileSync(path, stale)
    else rmSync(path)
    await at.run([at.input])
    const { in: records, kept, rows } = summary
    t.match(JSON.parse(readFileSync(path, 'utf8')), {
      in: records,
      kept,
      rows,
      stopped: undefined,
    })
  }
})

t.test('a command that is refused leaves the summary of the run alone', async t => {
  const at = await durable(t)
  await at.run([at.input, '--limit', '5'])
  const path = join(at.dir, 'state/summary.json')
  const summary = readFileSync(path, 'utf8')
  const other = await simulate({ model: 'another' })
  t.teardown(() => other.close())
  const ran = await at.run([at.input, '--base-url', other.url])
  t.equal(ran.code, 2)
  t.equal(readFileSync(path, 'utf8'), summary)
})

t.test('rejects go on in their file after a session that did not name it', async t => {
  const at = await durable(t, {}, false)
  const bad = '{"broken\n'
  writeFileSync(at.input, bad + prompts(8).join('') + bad)
  await at.run([at.input, '--limit', '3'])
  const args = ['run', ...flags(at.server, at.dir).slice(0, -2), at.input]
  const without = await runProgram([...args, '--limit', '6'])
  t.equal(without.code, 0)
  const ran = await at.run([at.input])
  t.equal(ran.code, 0)
  t.equal(at.lines('bad').length, 2)
  t.same(at.lines('bad'), at.lines('state/rejects.jsonl'))
})

t.test('calls that were paid for when a run was cut are in its books', async t => {
  const at = await durable(t, { time: 40 })
  const signals = new EventEmitter()
  const running = at.run([at.input], { signals })
  while (at.server.stats.sequences < 30) await new Promise(setImmediate)
  signals.emit('SIGINT', 'SIGINT')
  signals.emit('SIGINT', 'SIGINT')
  const cut = await running
  t.equal(cut.code, 130)
  const paid = total(cut.summary.calls)
  t.ok(paid > 0)
  const ran = await at.run([at.input])
  const plain = await runProgram([
    ...['run', '--base-url', at.server.url, '--seed', '1', at.input],
  ])
  const open = total(ran.summary.calls) - total(plain.summary.calls)
  t.ok(open > 0 && open <= paid, `${open} of ${paid} were for open records`)
})

t.test('what others wrote behind the rows is kept in the folder', async t => {
  const at = await durable(t)
  await at.run([at.input, '--limit', '20'])
  appendFileSync(join(at.dir, 'sft'), '{"my":"row"}\n')
  const ran = await at.run([at.input])
  t.equal(ran.code, 0)
  t.match(ran.stderr, /sft holds 13 bytes behind the last commit; they are moved to/)
  t.same(at.lines('state/cut-out.jsonl'), ['{"my":"row"}'])
  t.notMatch(at.lines('sft').join(''), /my/)
})

t.test('what the rows were made with is not forgotten', async t => {
  const at = await durable(t)
  const manifest = join(at.dir, 'state/manifest.json')
  await at.run([at.input, '--limit', '4'])
  await at.run([at.input, '--limit', '5', '--samples', '3', '--force'])
  const { sessions } = JSON.parse(readFileSync(manifest, 'utf8'))
  t.equal(sessions.length, 2)
  t.same(sessions[1].forced, ['--samples was 5 and is 3'])
  renameSync(manifest, `${manifest}.moved`)
  const ran = await at.run([at.input])
  t.equal(ran.code, 2)
  t.match(
    ran.stderr,
    /to hold manifest.json, which says what the 5 records that are done/,
  )
})

t.test('a manifest of another program is not written over', async t => {
  const at = await durable(t)
  const manifest = join(at.dir, 'state/manifest.json')
  mkdirSync(join(at.dir, 'state'))
  writeFileSync(manifest, '{"name":"an app"}')
  t.equal((await at.run([at.input])).code, 2)
  t.equal(readFileSync(manifest, 'utf8'), '{"name":"an app"}')
})

t.test('until a record is done, everything may change', async t => {
  const at = await durable(t, { time: 5 })
  writeFileSync(at.input, prompts(24).join(''))
  const signals = new EventEmitter()
  const stopping = at.run([at.input, '--skip', '10', '--concurrency', '1'], { signals })
  while (at.server.stats.sequences < 3)
    await new Promise(resolve => setTimeout(resolve, 2))
  signals.emit('SIGINT', 'SIGINT')
  signals.emit('SIGINT', 'SIGINT')
  t.equal((await stopping).summary.kept, 0)
  writeFileSync(at.input, `${prompt(7)}${readFileSync(at.input, 'utf8')}`)
  const ran = await at.run([at.input, '--samples', '2'])
  t.equal(ran.code, 0)
  t.equal(ran.summary.in, 25)
})
