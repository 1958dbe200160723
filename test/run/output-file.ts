import { readFileSync, unlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { finished } from 'node:stream/promises'
import t from 'tap'
import type { Failure } from '../../lib/errors.js'
import { openOutput } from '../../lib/run/output-file.js'

const open = (path: string, more: { force?: boolean; inputs?: string[] } = {}) => {
  const failures: Failure[] = []
  const options = { force: false, flag: '--out', inputs: [], ...more }
  return {
    failures,
    file: openOutput(path, { ...options, onError: failure => failures.push(failure) }),
  }
}

t.test('lines are in the file when it is closed', async t => {
  const path = join(t.testdir(), 'rows.jsonl')
  const file = await open(path).file
  await file.write('one\n')
  await file.write('two\n')
  await file.close()
  t.equal(readFileSync(path, 'utf8'), 'one\ntwo\n')
})

t.test('a file that holds something is refused and left as it is', async t => {
  const path = join(t.testdir({ rows: 'old\n' }), 'rows')
  await t.rejects(open(path).file, { code: 'output_exists', message: /4 bytes.*--force/ })
  t.equal(readFileSync(path, 'utf8'), 'old\n')
})

t.test('force empties it, an empty one needs no force', async t => {
  const dir = t.testdir({ full: 'old\n', empty: '' })
  for (const [name, force] of [
    ['full', true],
    ['empty', false],
  ] as const) {
    const file = await open(join(dir, name), { force }).file
    await file.write('new\n')
    await file.close()
    t.equal(readFileSync(join(dir, name), 'utf8'), 'new\n')
  }
})

t.test('an input is never emptied, not even by force or under another name', async t => {
  const dir = t.testdir({ 'in.jsonl': 'rows\n', link: t.fixture('symlink', 'in.jsonl') })
  const inputs = [join(dir, 'in.jsonl')]
  await t.rejects(open(join(dir, 'link'), { force: true, inputs }).file, {
    code: 'usage',
    message: /also an input/,
  })
  t.equal(readFileSync(join(dir, 'in.jsonl'), 'utf8'), 'rows\n')
})

t.test('a folder and a missing folder are told before anything is written', async t => {
  const dir = t.testdir()
  await t.rejects(open(dir).file, { code: 'write_failed', message: /EISDIR/ })
  await t.rejects(open(join(dir, 'no', 'rows')).file, {
    code: 'write_failed',
    message: /no such file or directory \(ENOENT\)/,
  })
})

t.test(
  'a full disk is told once, and later lines wait for nothing',
  { skip: process.platform !== 'linux' && 'needs /dev/full' },
  async t => {
    const { file: opening, failures } = open('/dev/full')
    const file = await opening
    void file.write('x'.repeat(100_000))
    await t.rejects(finished(file.stream, { readable: false }), { code: 'ENOSPC' })
    t.equal(file.write('more\n'), undefined)
    await t.rejects(file.close(), { code: 'write_failed' }, 'and again at the end')
    t.match(failures, [{ code: 'write_failed', message: /no space left on device/ }])
  },
)

t.test(
  'a disk that is full at the last flush is told',
  { skip: process.platform !== 'linux' && 'needs /dev/full' },
  async t => {
    const file = await open('/dev/full').file
    void file.write('one line\n')
    await t.rejects(file.close(), { code: 'write_failed', message: /no space left/ })
  },
)

t.test('a slow disk makes the writer wait', async t => {
  const path = join(t.testdir(), 'rows')
  const file = await open(path).file
  const line = `${'x'.repeat(100_000)}\n`
  const waits = [file.write(line), file.write(line)]
  t.ok(waits[0] instanceof Promise)
  t.equal(waits[0], waits[1], 'all writers share one wait')
  await Promise.all(waits)
  await file.close()
  t.equal(readFileSync(path).length, 2 * line.length)
})

t.test('a file that was removed meanwhile is told at the end', async t => {
  const path = join(t.testdir(), 'rows')
  const file = await open(path).file
  await file.write('one\n')
  unlinkSync(path)
  await t.rejects(file.close(), { code: 'write_failed', message: /was removed/ })
})

t.test('closing after the pipeline ended the stream is harmless', async t => {
  const path = join(t.testdir(), 'rows')
  writeFileSync(path, '')
  const file = await open(path).file
  file.stream.end('one\n')
  await finished(file.stream, { readable: false })
  await file.close()
  t.equal(readFileSync(path, 'utf8'), 'one\n')
})
