import {
  appendFileSync,
  mkdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { gzipSync } from 'node:zlib'
import t, { type Test } from 'tap'
import { until } from '../../fixtures/until.js'
import { checkFollowed, follow, type FollowOptions } from '../../lib/jsonl/follow.js'

type Follow = typeof follow

/** Follows `f` in a folder of its own; `texts` holds what came of each file, one after the other. */
const following = (
  t: Test,
  {
    content,
    as = follow,
    ...options
  }: { content?: string; as?: Follow } & Partial<FollowOptions> = {},
) => {
  const dir = t.testdir(content === undefined ? {} : { f: content })
  const file = `${dir}/f`
  const stopping = new AbortController()
  const texts: string[] = []
  const told: string[] = []
  const read = async () => {
    const { signal } = stopping
    const log = (line: string) => told.push(line.replace(file, 'f'))
    for await (const { chunks } of as(file, { signal, log, pollMs: 1, ...options })) {
      const at = texts.push('') - 1
      try {
        for await (const chunk of chunks(signal))
          texts[at] += Buffer.from(chunk).toString()
      } catch (error) {
        texts[at] += `[${(error as Error).message}]`
      }
    }
  }
  const ended = read()
  t.teardown(() => stopping.abort())
  const stop = () => {
    stopping.abort()
    return ended
  }
  return {
    dir,
    file,
    texts,
    told,
    stop,
    became: (...all: string[]) => until(() => same(texts, all)),
  }
}

const same = (some: string[], others: string[]) =>
  some.length === others.length && some.every((text, i) => text === others[i])

t.test('what is there comes, then what is added, as it is added', async t => {
  const { file, became, stop, texts } = following(t, { content: 'one\n' })
  await became('one\n')
  appendFileSync(file, 'tw')
  await became('one\ntw')
  appendFileSync(file, 'o\n')
  await became('one\ntwo\n')
  await stop()
  t.same(texts, ['one\ntwo\n'])
})

t.test('a stop while it waits for more ends it at once', async t => {
  const { became, stop } = following(t, { content: 'one\n', pollMs: 3_600_000 })
  await became('one\n')
  await stop()
})

t.test('what was written before the stop is read', async t => {
  const { file, became, stop, texts } = following(t, {
    content: 'one\n',
    pollMs: 3_600_000,
  })
  await became('one\n')
  appendFileSync(file, 'two\n')
  await stop()
  t.same(texts, ['one\ntwo\n'])
})

t.test('a stop in the middle of a long file does not read it all', async t => {
  const dir = t.testdir({ f: 'x'.repeat(2_000_000) })
  const stopping = new AbortController()
  let bytes = 0
  for await (const { chunks } of follow(`${dir}/f`, { signal: stopping.signal }))
    for await (const chunk of chunks(stopping.signal)) {
      bytes += chunk.length
      stopping.abort()
    }
  t.ok(bytes < 200_000, `${bytes} bytes read`)
})

t.test('a file that comes later is waited for, and its absence told once', async t => {
  const { file, became, told, stop } = following(t)
  await until(() => told.length > 0)
  for (let turn = 0; turn < 100; turn++) await new Promise(setImmediate)
  writeFileSync(file, 'late\n')
  await became('late\n')
  t.same(told, ['f is not there yet: waiting for it.'])
  await stop()
})

t.test('a folder that comes later is waited for as well', async t => {
  const { dir, file, told, stop, texts } = following(t)
  await until(() => told.length > 0)
  await stop()
  rmSync(dir, { recursive: true })
  const stopping = new AbortController()
  t.teardown(() => stopping.abort())
  const next = follow(file, { signal: stopping.signal, pollMs: 1 }).next()
  mkdirSync(dir)
  writeFileSync(file, 'late\n')
  t.match(await next, { done: false })
  t.same(texts, [])
})

t.test('after a rotation: the old one to its end, then the new one', async t => {
  const { dir, file, became, told, stop } = following(t, { content: 'one\nhal' })
  await became('one\nhal')
  renameSync(file, `${dir}/f.1`)
  // Its writer has it open still, and ends its line there.
  appendFileSync(`${dir}/f.1`, 'f\n')
  await became('one\nhalf\n')
  writeFileSync(file, 'two\n')
  await became('one\nhalf\n', 'two\n')
  appendFileSync(file, 'three\n')
  await became('one\nhalf\n', 'two\nthree\n')
  t.same(told, ['f was replaced: the new file is read from its start.'])
  await stop()
})

t.test('a new file that is empty still leaves the old one to its writer', async t => {
  const { dir, file, became, stop } = following(t, { content: 'one\n' })
  await became('one\n')
  renameSync(file, `${dir}/f.1`)
  writeFileSync(file, '')
  for (let turn = 0; turn < 100; turn++) await new Promise(setImmediate)
  appendFileSync(`${dir}/f.1`, 'late\n')
  await became('one\nlate\n')
  appendFileSync(`${dir}/f.1`, 'last\n')
  writeFileSync(file, 'two\n')
  await became('one\nlate\nlast\n', 'two\n')
  await stop()
})

t.test('a file that is removed and made again is another one', async t => {
  const { file, became, stop } = following(t, { content: 'one\n' })
  await became('one\n')
  rmSync(file)
  writeFileSync(file, 'two\n')
  await became('one\n', 'two\n')
  await stop()
})

t.test('a link that is set to another file is followed there', async t => {
  const dir = t.testdir({ a: 'one\n', b: 'two\n' })
  const file = `${dir}/link`
  symlinkSync('a', file)
  const stopping = new AbortController()
  t.teardown(() => stopping.abort())
  const { signal } = stopping
  const sources = follow(file, { signal, pollMs: 1 })
  const [first] = [await sources.next()]
  const chunks = first.value?.chunks(signal)
  t.equal(String((await chunks?.next())?.value), 'one\n')
  symlinkSync('b', `${file}.new`)
  renameSync(`${file}.new`, file)
  t.match(await chunks?.next(), { done: true })
  const second = (await sources.next()).value?.chunks(signal)
  t.equal(String((await second?.next())?.value), 'two\n')
})

t.test('a file that is cut short begins anew', async t => {
  const { file, became, told, stop } = following(t, { content: 'one\ntwo\n' })
  await became('one\ntwo\n')
  truncateSync(file)
  appendFileSync(file, 'new\n')
  await became('one\ntwo\n', 'new\n')
  t.same(told, ['f was cut short: it is read from its start.'])
  await stop()
})

t.test('without a watch of the system it looks by itself', async t => {
  const blind = await t.mockImport<typeof import('../../lib/jsonl/follow.js')>(
    '../../lib/jsonl/follow.js',
    {
      '../../lib/jsonl/doze.js': await t.mockImport('../../lib/jsonl/doze.js', {
        'node:fs': {
          watch: () => {
            throw new Error('ENOSPC')
          },
        },
      }),
    },
  )
  const { file, became, stop } = following(t, { content: 'one\n', as: blind.follow })
  await became('one\n')
  appendFileSync(file, 'two\n')
  await became('one\ntwo\n')
  await stop()
})

t.test('the system tells of changes long before the next look', async t => {
  const { file, became, stop } = following(t, { content: 'one\n', pollMs: 3_600_000 })
  await became('one\n')
  appendFileSync(file, 'two\n')
  await became('one\ntwo\n')
  await stop()
})

t.test('only what is new: from the line on that is not finished yet', async t => {
  const old = `${'x'.repeat(100_000)}\n`
  const { file, became, stop } = following(t, { content: `${old}hal`, onlyNew: true })
  await became('hal')
  appendFileSync(file, 'f\n')
  await became('half\n')
  await stop()
  const unended = following(t, { content: 'y'.repeat(100_000), onlyNew: true })
  await unended.became('y'.repeat(100_000))
  await unended.stop()
})

t.test('only what is new: a file that comes later is new', async t => {
  const { file, told, became, stop } = following(t, { onlyNew: true })
  await until(() => told.length > 0)
  writeFileSync(file, 'late\n')
  await became('late\n')
  rmSync(file)
  writeFileSync(file, 'next\n')
  await became('late\n', 'next\n')
  await stop()
})

t.test('gzip that takes the name is told, and what follows it is read', async t => {
  const { file, became, stop, texts } = following(t, { content: 'one\n' })
  await became('one\n')
  rmSync(file)
  writeFileSync(file, gzipSync('packed\n'))
  await until(() => /^\[it is gzip/.test(texts[1] ?? ''))
  truncateSync(file)
  appendFileSync(file, 'plain\n')
  await until(() => texts[2] === 'plain\n')
  await stop()
})

t.test('what cannot be followed is refused before anything is read', async t => {
  const dir = t.testdir({
    folder: {},
    gz: gzipSync('packed\n'),
    plain: 'one\n',
    empty: '',
  })
  const refused = (file: string, message: RegExp) =>
    t.throws(() => checkFollowed(file), { code: 'file_unreadable', message })
  refused(`${dir}/folder`, /expected a file to follow, got the folder/)
  refused(`${dir}/gz`, /cannot follow .*gz: it is gzip/)
  if (process.platform !== 'win32') refused('/dev/null', /got the pipe or device/)
  for (const name of ['plain', 'empty', 'missing', 'no/such/folder'])
    t.doesNotThrow(() => checkFollowed(`${dir}/${name}`))
})
