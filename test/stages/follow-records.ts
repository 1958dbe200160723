import { appendFileSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import t, { type Test } from 'tap'
import { until } from '../../fixtures/until.js'
import { accountedIn, Ledger } from '../../lib/ledger.js'
import { ordinalOf, type Record } from '../../lib/record.js'
import { followRecords, openFollowed } from '../../lib/stages/follow-records.js'
import type { ParseOptions } from '../../lib/stages/options.js'

const following = (t: Test, content?: string, options: Partial<ParseOptions> = {}) => {
  const dir = t.testdir(content === undefined ? {} : { f: content })
  const file = `${dir}/f`
  const stopping = new AbortController()
  t.teardown(() => stopping.abort())
  const records: Record[] = []
  const ledger = new Ledger()
  const { signal } = stopping
  const ended = new Promise<void>(resolve =>
    accountedIn(ledger, () => followRecords(file, options, { signal }))
      .tap(record => records.push(record))
      .done(resolve),
  )
  const came = (...all: string[]) => until(() => records.map(told).join() === all.join())
  return { file, records, ledger, came, ended, stop: () => stopping.abort() }
}

const told = ({ query, reject }: Record): string => reject?.code ?? query

t.test('a line becomes a record once it is whole, and not before', async t => {
  const { file, ledger, came, ended, stop } = following(t, 'one\ntw')
  await came('one')
  appendFileSync(file, 'o\nthr')
  await came('one', 'two')
  stop()
  await ended
  t.equal(ledger.in, 2, 'the line that was stopped half-way was not read')
})

t.test('ids are unique and ordinals count on over all files of the name', async t => {
  const { file, records, came, stop, ended } = following(t, 'same\n\nsame\n')
  await came('same', 'same')
  renameSync(file, `${file}.1`)
  writeFileSync(file, 'same\nlast')
  await came('same', 'same', 'same')
  truncateSync(file)
  appendFileSync(file, 'same\n')
  await came('same', 'same', 'same', 'last', 'same')
  stop()
  await ended
  t.same(
    records.map(({ id, seed }) => [ordinalOf(id), seed.line]),
    [
      [1, 1],
      [3, 3],
      [4, 1],
      [5, 2],
      [6, 1],
    ],
    'lines are those of each file',
  )
  t.ok(records.every(({ seed }) => seed.file === file))
})

t.test('the torn line of a file that was cut short is a reject of its own', async t => {
  const { file, records, came } = following(t, '{"query":"one"}\n{"query":"tw')
  await came('one')
  truncateSync(file)
  appendFileSync(file, '{"query":"new"}\n')
  await came('one', 'bad_json', 'new')
  t.match(records[1]?.reject, { message: /:2: .*the input ends in the middle of it/ })
})

t.test('gzip that takes the name is a reject, and what follows it is read', async t => {
  const { file, records, came } = following(t, 'one\n')
  await came('one')
  rmSync(file)
  writeFileSync(file, gzipSync('packed\n'))
  await came('one', 'broken_file')
  t.match(records[1]?.reject, { message: /it is gzip/ })
  rmSync(file)
  writeFileSync(file, 'two\n')
  await came('one', 'broken_file', 'two')
})

t.test('the limit ends it', async t => {
  const { file, came, ended } = following(t, 'one\n', { limit: 2 })
  await came('one')
  appendFileSync(file, 'two\nthree\n')
  await ended
  await came('one', 'two')
})

t.test('other files are read before it', async t => {
  const dir = t.testdir({ a: 'one\n', b: 'two\n' })
  const stopping = new AbortController()
  const records: Record[] = []
  for await (const record of openFollowed([`${dir}/a`], `${dir}/b`, {}, stopping)) {
    records.push(record as Record)
    if (records.length === 2) stopping.abort()
  }
  t.same(records.map(told), ['one', 'two'])
  t.match(records[1]?.id, /-2$/)
})

t.test('a file is read or followed, not both', async t => {
  const dir = t.testdir({ f: '' })
  t.throws(() => openFollowed([`${dir}/f`], `${dir}/f`, {}, {}), { code: 'usage' })
})

t.test('a stream that is destroyed while it waits lets go of the file', async t => {
  const dir = t.testdir({ f: 'one\n' })
  const stream = openFollowed([], `${dir}/f`, {}, {})
  for await (const record of stream) {
    t.match(record, { query: 'one' })
    break
  }
  t.ok(stream.destroyed)
})

t.test('a last line that is not whole when it is stopped is told', async t => {
  for (const [content, line] of [
    ['one\nha', 2],
    ['one\n', undefined],
  ] as const) {
    const dir = t.testdir({ a: 'zero', f: content })
    const stopping = new AbortController()
    const said: string[] = []
    const log = (text: string) => said.push(text)
    const { signal } = stopping
    const stream = openFollowed([`${dir}/a`], `${dir}/f`, {}, { signal, log })
    for await (const record of stream)
      if ((record as Record).query === 'one') stopping.abort()
    t.same(
      said,
      line
        ? [`${dir}/f:${line}: stopped in the middle of this line, which is left out.`]
        : [],
    )
  }
})
