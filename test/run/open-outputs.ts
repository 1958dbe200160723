import { existsSync, linkSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { openOutputs } from '../../lib/run/open-outputs.js'

const record = { id: 'r', query: '', seed: { query: '' } }
const never = () => t.fail('no write should fail here')

t.test('rows of each shape and rejects go to their own files', async t => {
  const dir = t.testdir()
  const outputs = await openOutputs(
    {
      also: [
        { shape: 'dpo', file: join(dir, 'dpo') },
        { shape: 'record', file: join(dir, 'record') },
      ],
      rejects: join(dir, 'bad'),
      force: false,
    },
    [],
    never,
  )
  t.equal(outputs.sink, undefined, 'rows go to stdout')
  t.ok(outputs.takesRejects)
  await outputs.also('dpo', { prompt: 'p' }, record)
  await outputs.also('record', { id: 'r' }, record)
  await outputs.also('nobody', { id: 'x' }, record)
  await outputs.reject({ id: 'b', query: '', seed: { query: '' } })
  await outputs.close()
  t.equal(readFileSync(join(dir, 'dpo'), 'utf8'), '{"prompt":"p"}\n')
  t.equal(readFileSync(join(dir, 'record'), 'utf8'), '{"id":"r"}\n')
  t.match(readFileSync(join(dir, 'bad'), 'utf8'), /^\{"id":"b".*\}\n$/)
})

t.test('without a file, rejects have nowhere to go and nothing waits', async t => {
  const outputs = await openOutputs({ also: [], force: false }, [], never)
  t.notOk(outputs.takesRejects)
  t.equal(outputs.reject({ id: 'b', query: '', seed: { query: '' } }), undefined)
  await outputs.close()
})

t.test(
  'stdout takes no further rows and no rejects, and is no file called -',
  async t => {
    const names = { also: [{ shape: 'dpo', file: '-' }], force: false }
    await t.rejects(openOutputs(names, [], never), {
      code: 'usage',
      message: /^--also dpo=-: stdout is for the rows of --as alone/,
    })
    await t.rejects(openOutputs({ also: [], rejects: '-', force: false }, [], never), {
      message: /^--rejects -: stdout/,
    })
    t.notOk(existsSync('-'))
  },
)

t.test('one file for two outputs is refused before either is opened', async t => {
  const dir = t.testdir()
  const file = join(dir, 'rows')
  await t.rejects(
    openOutputs(
      { out: file, also: [], rejects: `${dir}/./rows`, force: true },
      [],
      never,
    ),
    { code: 'usage', message: /--out and --rejects both name/ },
  )
  t.notOk(existsSync(file))
})

t.test('if one cannot be opened, the others do not stay open', async t => {
  const dir = t.testdir({ full: 'x' })
  await t.rejects(
    openOutputs(
      { out: join(dir, 'rows'), also: [], rejects: join(dir, 'full'), force: false },
      [],
      never,
    ),
    { code: 'output_exists' },
  )
  t.equal(readFileSync(join(dir, 'rows'), 'utf8'), '')
})

t.test('a dash is stdout', async t => {
  const outputs = await openOutputs({ out: '-', also: [], force: false }, [], never)
  t.equal(outputs.sink, undefined)
  await outputs.close()
})

t.test('a file keeps what it holds until the run begins, even with force', async t => {
  const dir = t.testdir({ rows: 'old\n' })
  const out = join(dir, 'rows')
  const outputs = await openOutputs({ out, also: [], force: true }, [], never)
  t.equal(readFileSync(out, 'utf8'), 'old\n')
  await outputs.begin()
  t.equal(readFileSync(out, 'utf8'), '')
  await outputs.close()
})

t.test('two names of one file are refused for two outputs', async t => {
  const dir = t.testdir({ rows: '' })
  const [out, rejects] = [join(dir, 'rows'), join(dir, 'linked')]
  linkSync(out, rejects)
  await t.rejects(openOutputs({ out, also: [], rejects, force: false }, [], never), {
    code: 'usage',
    message: /--out and --rejects both name/,
  })
})
