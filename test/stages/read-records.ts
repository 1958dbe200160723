import { existsSync, readdirSync, readlinkSync, unlinkSync } from 'node:fs'
import { PassThrough } from 'node:stream'
import { gzipSync } from 'node:zlib'
import t, { type Test } from 'tap'
import { collect } from '../../fixtures/collect.js'
import { Failure } from '../../lib/errors.js'
import { accountedIn, Ledger } from '../../lib/ledger.js'
import { ordinalOf, type Record } from '../../lib/record.js'
import { readRecords } from '../../lib/stages/read-records.js'

const queries = (records: Record[]): string[] =>
  records.map(record => record.reject?.code ?? record.query)

const standIn = (t: Test): PassThrough => {
  const stdin = new PassThrough()
  t.intercept(process, 'stdin', { value: stdin })
  return stdin
}

const manyLines = (count: number) =>
  Array.from(
    { length: count },
    (_, i) => `{"query":"prompt ${i} ${'x'.repeat(100)}"}\n`,
  ).join('')

t.test(
  'files follow each other in one row of ordinals, each with its own lines',
  async t => {
    const dir = t.testdir({
      'a.jsonl': 'one\n\ntwo',
      'b.txt': '\ufeffthree\nfour\n',
      empty: '',
    })
    const files = [`${dir}/a.jsonl`, `${dir}/empty`, `${dir}/b.txt`]
    const ledger = new Ledger()
    const records = await accountedIn(ledger, () => collect(readRecords(files)))
    t.same(
      records.map(({ id, query, seed }) => [ordinalOf(id), query, seed.file, seed.line]),
      [
        [1, 'one', files[0], 1],
        [3, 'two', files[0], 3],
        [4, 'three', files[2], 1],
        [5, 'four', files[2], 2],
      ],
    )
    t.equal(ledger.in, 4)
    t.equal(ledger.blank, 1)
  },
)

t.test('the same files give the same ids on every run', async t => {
  const dir = t.testdir({ 'a.jsonl': manyLines(2000) })
  const ids = async () =>
    (await collect(readRecords([`${dir}/a.jsonl`]))).map(({ id }) => id)
  const first = await ids()
  t.equal(new Set(first).size, 2000)
  t.same(await ids(), first)
})

t.test('a file that cannot be read is told before anything is read', async t => {
  const dir = t.testdir({ 'a.jsonl': 'one\n', folder: {} })
  const refused = (files: string[], message: RegExp) => {
    try {
      readRecords(files)
      t.fail('expected a Failure')
    } catch (error) {
      t.ok(error instanceof Failure)
      t.match(error, { code: 'file_unreadable', message })
    }
  }
  refused(
    [`${dir}/a.jsonl`, `${dir}/missing.jsonl`],
    /cannot read .*missing\.jsonl: there is no such file$/,
  )
  refused([`${dir}/folder`], /expected a file, got the folder .*folder/)
})

t.test('stdin twice is a wrong usage', async t => {
  t.throws(() => readRecords(['-', '-']), { code: 'usage' })
})

t.test(
  'stdin is read for - and for no file at all, and has no name in seeds',
  async t => {
    const dir = t.testdir({ 'a.txt': 'from a file\n' })
    standIn(t).end('from stdin\n')
    const records = await collect(readRecords([`${dir}/a.txt`, '-']))
    t.same(queries(records), ['from a file', 'from stdin'])
    t.notOk('file' in (records[1] as Record).seed)
    standIn(t).end(gzipSync('packed\n'))
    t.same(queries(await collect(readRecords([]))), ['packed'])
  },
)

t.test(
  'a broken file gives its lines so far and a reject, and the next file follows',
  async t => {
    const gzip = gzipSync(manyLines(3000))
    const dir = t.testdir({
      'a.gz': gzip.subarray(0, gzip.length - 300),
      'b.txt': 'after\n',
    })
    const records = await collect(readRecords([`${dir}/a.gz`, `${dir}/b.txt`]))
    const codes = queries(records)
    t.ok(codes.length > 1000)
    t.same(codes.slice(-2), ['broken_file', 'after'])
    t.match(records.at(-2)?.seed, { file: `${dir}/a.gz` })
    t.equal(new Set(records.map(record => record.id)).size, records.length)
  },
)

t.test(
  'a file that vanishes after the check is a reject, and the next one follows',
  async t => {
    const dir = t.testdir({ 'a.txt': 'gone\n', 'b.txt': 'after\n' })
    const stream = readRecords([`${dir}/a.txt`, `${dir}/b.txt`])
    unlinkSync(`${dir}/a.txt`)
    t.same(queries(await collect(stream)), ['broken_file', 'after'])
  },
)

t.test('the limit ends the stream, over files', async t => {
  const dir = t.testdir({ 'a.txt': 'one\ntwo\n', 'b.txt': 'three\nfour\n' })
  const files = [`${dir}/a.txt`, `${dir}/b.txt`]
  t.same(queries(await collect(readRecords(files, { limit: 3 }))), [
    'one',
    'two',
    'three',
  ])
  t.same(queries(await collect(readRecords(files, { skip: 1, limit: 2 }))), [
    'two',
    'three',
  ])
  t.same(await collect(readRecords(files, { limit: 0 })), [])
})

t.test('at the limit stdin is let go of, though its writer has not ended', async t => {
  const stdin = standIn(t)
  stdin.write('one\ntwo\nthree\n')
  t.same(queries(await collect(readRecords([], { limit: 2 }))), ['one', 'two'])
  t.ok(stdin.destroyed)
})

t.test(
  'a signal ends a read that waits: whole lines come, the half one is not read',
  async t => {
    const stdin = standIn(t)
    const stop = new AbortController()
    const ledger = new Ledger()
    const records: Record[] = []
    const stream = accountedIn(ledger, () => readRecords([], {}, stop.signal))
    stdin.write('one\ntwo\nhal')
    await new Promise<void>(resolve =>
      stream
        .tap(record => {
          records.push(record)
          if (records.length === 2) stop.abort()
        })
        .done(resolve),
    )
    t.same(queries(records), ['one', 'two'])
    t.equal(ledger.in, 2)
    t.ok(stdin.destroyed)
  },
)

t.test('a signal leaves what was read and is no record yet', async t => {
  const dir = t.testdir({ 'a.txt': 'a short prompt\n'.repeat(4000) })
  const stop = new AbortController()
  let count = 0
  const stream = readRecords([`${dir}/a.txt`], {}, stop.signal).tap(() => {
    count++
    stop.abort()
  })
  await collect(stream)
  t.ok(count < 800, `${count} of 4,000 records, which all came with the first read`)
})

t.test('a signal that has fired already reads nothing', async t => {
  const dir = t.testdir({ 'a.txt': 'one\n' })
  t.same(await collect(readRecords([`${dir}/a.txt`], {}, AbortSignal.abort())), [])
})

t.test('many files leave no listener on the signal', async t => {
  const files = Object.fromEntries(
    Array.from({ length: 50 }, (_, i) => [`${i}.txt`, `${i}\n`]),
  )
  const dir = t.testdir(files)
  const warnings: unknown[] = []
  const onWarning = (warning: unknown) => warnings.push(warning)
  process.on('warning', onWarning)
  t.teardown(() => process.off('warning', onWarning))
  const names = Object.keys(files).map(name => `${dir}/${name}`)
  const records = await collect(readRecords(names, {}, new AbortController().signal))
  t.equal(records.length, 50)
  await new Promise(setImmediate)
  t.same(warnings, [])
})

/** Paths that this process holds open. */
const open = (): string[] =>
  readdirSync('/proc/self/fd').flatMap(fd => {
    try {
      return [readlinkSync(`/proc/self/fd/${fd}`)]
    } catch {
      return []
    }
  })
const closes = async (file: string): Promise<boolean> => {
  for (let turn = 0; turn < 10_000 && open().includes(file); turn++)
    await new Promise(setImmediate)
  return !open().includes(file)
}
const skip = existsSync('/proc/self/fd') ? false : 'needs /proc'

t.test('a slow reader stops the reading of the file', { skip }, async t => {
  const dir = t.testdir({ 'a.jsonl': manyLines(50_000) })
  const file = `${dir}/a.jsonl`
  const ledger = new Ledger()
  const stream = accountedIn(ledger, () => readRecords([file]))
  const go = await new Promise<() => void>(resolve => {
    let stopped = false
    stream
      .consume<never>((_error, _record, _push, next) => {
        if (stopped) next()
        else {
          stopped = true
          resolve(next)
        }
      })
      .resume()
  })
  for (let turn = 0; turn < 200; turn++) await new Promise(setImmediate)
  t.ok(ledger.in < 2000, `${ledger.in} of 50,000 records made ahead`)
  t.ok(open().includes(file))
  stream.destroy()
  t.ok(await closes(file), 'and a destroyed stream closes it')
  t.type(go, 'function')
})

t.test(
  'the file is closed when the stream ends by itself or by limit',
  { skip },
  async t => {
    const dir = t.testdir({
      'a.jsonl': manyLines(5000),
      'b.gz': gzipSync(manyLines(5000)),
    })
    for (const file of [`${dir}/a.jsonl`, `${dir}/b.gz`])
      for (const options of [{}, { limit: 3 }]) {
        await collect(readRecords([file], options))
        t.ok(await closes(file))
      }
  },
)
