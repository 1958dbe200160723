import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import type { End } from '../../../lib/run/state/commits.js'
import { DurableFile } from '../../../lib/run/state/durable-file.js'

const opening = (t: Test) => {
  const path = join(t.testdir(), 'rows')
  const read = () => readFileSync(path, 'utf8')
  /** What `--force` let pass. */
  const passed: string[] = []
  const open = async (committed?: End, more: { force?: boolean; path?: string } = {}) => {
    const file = await DurableFile.open(more.path ?? path, {
      flag: '--out',
      committed,
      force: more.force ?? false,
      refuse: (changes, because) => {
        if (more.force) passed.push(...changes)
        else because(changes)
      },
      aside: `${path}.aside`,
      inputs: [],
    })
    t.teardown(() => file.close().catch(() => {}))
    return file
  }
  return { path, passed, read, open }
}

t.test(
  'what came behind the last commit is cut off, and not before it begins',
  async t => {
    const { path, read, open } = opening(t)
    const first = await open()
    await first.begin()
    await first.append('one\ntwo\n')
    const { end } = first
    await first.close()
    writeFileSync(path, `${read()}half a li`)
    const second = await open(end)
    t.equal(read(), 'one\ntwo\nhalf a li')
    t.equal(second.surplus, 9)
    t.throws(() => readFileSync(`${path}.aside`), { code: 'ENOENT' })
    await second.begin()
    t.equal(read(), 'one\ntwo\n')
    await second.append('three\n')
    t.equal(read(), 'one\ntwo\nthree\n')
    t.equal(second.end.bytes, 14)
    t.equal(readFileSync(`${path}.aside`, 'utf8'), 'half a li', 'and is not destroyed')
  },
)

t.test('a file is known by its last bytes, however many there are', async t => {
  const { path, read, open } = opening(t)
  const line = `${'x'.repeat(999)}\n`
  const first = await open()
  for (let i = 0; i < 9; i++) await first.append(line)
  const { end } = first
  await first.close()
  await (await open(end)).close()
  const text = read()
  writeFileSync(path, `${text.slice(0, -5)}y${text.slice(-4)}`)
  await t.rejects(open(end), { code: 'state_mismatch', message: /something else/ })
  writeFileSync(path, text.slice(0, -1))
  await t.rejects(open(end), { message: /but it holds 8999/ })
})

t.test(
  'with force it goes on behind the last whole line, and tells what is missing',
  async t => {
    const { path, passed, read, open } = opening(t)
    const first = await open()
    await first.append('one\ntwo\nthree\n')
    await first.close()
    writeFileSync(path, 'one\ntw')
    const second = await open(first.end, { force: true })
    await second.begin()
    await second.append('four\n')
    t.equal(read(), 'one\nfour\n')
    t.same(passed, [
      `--out ${path} should hold the 14 bytes that the run wrote so far, but it holds 6`,
    ])
  },
)

t.test('with force a missing file begins anew, and is told once', async t => {
  const { path, passed, read, open } = opening(t)
  const first = await open()
  await first.append('one\n')
  await first.close()
  renameSync(path, `${path}.moved`)
  const second = await open(first.end, { force: true })
  await second.begin()
  await second.append('two\n')
  t.equal(read(), 'two\n')
  t.match(passed, [/4 bytes .* there is no such file/])
  t.equal(passed.length, 1)
})

t.test('a missing file is refused, and none is made in its place', async t => {
  const { path, open } = opening(t)
  const first = await open()
  await first.append('one\n')
  await first.close()
  renameSync(path, `${path}.moved`)
  await t.rejects(open(first.end), { message: /there is no such file/ })
  t.throws(() => readFileSync(path), { code: 'ENOENT' })
  await (await open(first.end, { path: `${path}.moved` })).close()
})

t.test('of a file that got nothing yet another one is not taken for it', async t => {
  const { path, open } = opening(t)
  const first = await open()
  await first.close()
  writeFileSync(`${path}.other`, 'rows of somebody\n')
  await t.rejects(open(first.end, { path: `${path}.other` }), { code: 'output_exists' })
  writeFileSync(path, 'rows that no commit promised\n')
  await (await open(first.end)).begin()
  t.equal(readFileSync(path, 'utf8'), '')
})

t.test('an append is taken back, and only if it was written', async t => {
  const { path, read, open } = opening(t)
  const file = await open()
  await file.append('one\n')
  await file.append('two\n')
  await file.takeBack()
  t.equal(read(), 'one\n')
  t.equal(file.end.bytes, 4)
  writeFileSync(path, 'one\nforeign\n', { flag: 'w' })
  await t.rejects(file.append('two\n'), { message: /something else writes to it/ })
  writeFileSync(path, 'on')
  await t.rejects(file.append('two\n'), {
    message: /it holds 2: something else has cut it/,
  })
  writeFileSync(path, 'one\nforeign\n')
  await file.takeBack()
  t.equal(read(), 'one\nforeign\n')
})

t.test('a file that was replaced gets no more rows', async t => {
  const { path, open } = opening(t)
  const file = await open()
  await file.append('one\n')
  renameSync(path, `${path}.moved`)
  await t.rejects(file.append('two\n'), { message: /removed or replaced/ })
  writeFileSync(path, 'another\n')
  await t.rejects(file.append('two\n'), { message: /removed or replaced/ })
})

t.test('a device takes what comes, and no file passes for it later', async t => {
  const { path, open } = opening(t)
  const file = await open(undefined, { path: '/dev/null' })
  await file.begin()
  await file.append('one\n')
  await file.takeBack()
  t.equal(file.end.bytes, 4)
  t.equal((await open(file.end, { path: '/dev/null' })).end.bytes, 4)
  writeFileSync(path, '')
  await t.rejects(open(file.end), { message: /but it holds 0/ })
})

t.test(
  'with force rows go behind all that another file holds, and nothing of it is cut',
  async t => {
    const { path, passed, read, open } = opening(t)
    const first = await open()
    await first.append('one\n')
    await first.close()
    writeFileSync(path, 'two, of somebody\nthree, of somebody\nhalf')
    const second = await open(first.end, { force: true })
    await second.begin()
    await second.append('four\n')
    t.equal(read(), 'two, of somebody\nthree, of somebody\nfour\n')
    t.equal(readFileSync(`${path}.aside`, 'utf8'), 'half')
    t.match(passed, [/what it holds is something else/])
  },
)

t.test('what is no file says so', async t => {
  const { path, open } = opening(t)
  mkdirSync(path)
  await t.rejects(open(), { code: 'write_failed', message: /--out .*rows to be a file/ })
})

t.test('a file that stdout wrote to goes on behind all that it holds', async t => {
  const { path, read, open } = opening(t)
  const stdout = { bytes: 4, tail: '', identity: 'stdout' }
  writeFileSync(path, 'one\ntwo, torn')
  const file = await open(stdout)
  await file.begin()
  await file.append('three\n')
  await file.append('four\n')
  t.equal(read(), 'one\ntwo, torn\nthree\nfour\n')
  writeFileSync(path, 'one')
  await t.rejects(open(stdout), { code: 'state_mismatch' })
})

t.test('rows of a file do not go on to a device', async t => {
  const { open } = opening(t)
  const first = await open()
  await first.append('one\n')
  await t.rejects(open(first.end, { path: '/dev/null' }), {
    code: 'state_mismatch',
    message: /it is no file any more/,
  })
})

t.test('what is moved aside is put behind what was moved before', async t => {
  const { path, open } = opening(t)
  const { end } = await open()
  for (const text of ['half', 'again']) {
    writeFileSync(path, text)
    const file = await open(end)
    await file.begin()
    await file.close()
  }
  t.equal(readFileSync(`${path}.aside`, 'utf8'), 'halfagain')
})
