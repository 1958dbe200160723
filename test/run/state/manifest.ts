import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import {
  differences,
  readManifest,
  refuseChanges,
  writeManifest,
  writeWhole,
} from '../../../lib/run/state/manifest.js'

const facts = {
  models: { generate: 'big', judge: 'small' },
  forced: [] as string[],
  servers: [{ url: 'http://h:8000', version: '0.32.0', secret: 'key' }],
  outputs: [['--out', '/data/sft.jsonl']] as [string, string][],
}

const writing = (t: Test) => {
  const dir = t.testdir()
  const path = join(dir, 'manifest.json')
  const made = {
    dir,
    settings: { samples: 5, judgeBody: { top_k: 1 } },
    prompts: { judge: 'abc' },
    version: '0.1.0',
    inputs: ['/data/in.jsonl'],
  }
  const session = async (more: Partial<typeof facts> = {}) => {
    await writeManifest(made, await readManifest(path), { ...facts, ...more })
    return (await readManifest(path))!
  }
  return { path, session }
}

t.test('a manifest says what made the data, and comes back as it was', async t => {
  const { path, session } = writing(t)
  t.match(await session(), {
    format: 1,
    settings: { samples: 5, judgeBody: { top_k: 1 } },
    prompts: { judge: 'abc' },
    models: { generate: 'big', judge: 'small' },
    sessions: [
      {
        started: /^\d{4}-\d\d-\d\dT/,
        ultraif: '0.1.0',
        node: process.version,
        files: ['/data/in.jsonl'],
        outputs: { '--out': '/data/sft.jsonl' },
        servers: [{ url: 'http://h:8000', version: '0.32.0' }],
      },
    ],
  })
  t.notMatch(readFileSync(path, 'utf8'), /secret|key/, 'and only that of a server')
})

t.test('of very many sessions the first and the last hundred or so are kept', async t => {
  const { session } = writing(t)
  const first = (await session({ forced: ['the first'] })).sessions[0]
  for (let n = 2; n <= 103; n++) await session({ forced: [`number ${n}`] })
  const { sessions } = await session({ forced: ['the last'] })
  t.equal(sessions.length, 100)
  t.same(sessions[0], first)
  t.match(sessions[1], { forced: ['number 6'] })
  t.match(sessions.at(-1), { forced: ['the last'] })
})

t.test('models that are not known yet stay those of before', async t => {
  const { session } = writing(t)
  await session()
  t.same((await session({ models: undefined as never })).models, facts.models)
})

t.test('a folder without one is new; one of something else is left alone', async t => {
  const { path } = writing(t)
  t.equal(await readManifest(path), undefined)
  for (const text of ['', '{"format":1', '{"name":"my-package"}', '[]']) {
    writeFileSync(path, text)
    await t.rejects(readManifest(path), {
      code: 'state_damaged',
      message: /manifest\.json to be the manifest of a run/,
    })
    t.equal(readFileSync(path, 'utf8'), text)
  }
})

t.test('a file that cannot be replaced stays as it is', async t => {
  const dir = t.testdir({ 'summary.json': '{"in":1}\n' })
  mkdirSync(join(dir, 'summary.json.new'))
  await t.rejects(writeWhole(join(dir, 'summary.json'), { in: 2 }), {
    code: 'write_failed',
    message: /summary\.json: .*EISDIR/,
  })
  t.equal(readFileSync(join(dir, 'summary.json'), 'utf8'), '{"in":1}\n')
})

t.test('a file is replaced in one piece', async t => {
  const dir = t.testdir({ 'summary.json': '{"in":1}\n', 'summary.json.new': '{"torn' })
  await writeWhole(join(dir, 'summary.json'), { in: 2 })
  t.same(JSON.parse(readFileSync(join(dir, 'summary.json'), 'utf8')), { in: 2 })
  t.notOk(existsSync(join(dir, 'summary.json.new')))
})

t.test('differences are named with both values, also where one is missing', async t => {
  const flag = (name: string) => `--${name}`
  t.same(
    differences(
      { samples: 5, as: 'sft', body: { a: 1, b: [2] }, gone: true },
      { samples: 8, as: 'sft', body: { b: [2], a: 1 }, fresh: 'x' },
      flag,
    ),
    [
      '--samples was 5 and is 8',
      '--gone was true and is not given',
      '--fresh was not given and is "x"',
    ],
  )
})

t.test('what JSON leaves out is no difference', async t => {
  const name = (name: string) => name
  t.same(differences({ body: {} }, { body: { a: undefined } }, name), [])
  t.same(differences({}, { fresh: undefined }, name), [])
})

t.test('a value of any length and content fits a message', async t => {
  const [phrase] = differences({}, { a: `\u001b[2J${'x'.repeat(1e5)}` }, name => name)
  t.ok(phrase!.length < 200)
  t.notMatch(phrase, /\u001b/)
})

t.test('a refusal says what changed and the ways out', async t => {
  t.throws(() => refuseChanges('/state', ['--samples was 5 and is 8']), {
    code: 'state_mismatch',
    message: /--samples was 5 and is 8.*another --state.*--force/,
  })
})
