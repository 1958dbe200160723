import { closeSync, existsSync, openSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import t, { type Test } from 'tap'
import { appendedFile, endsInLine } from '../../../lib/run/state/stdout-file.js'

const skip = !existsSync('/proc/self/fdinfo') && 'the system does not tell'

/** As a shell opens it: `a` for >>, `w` for >. */
const behind = (t: Test, path: string, flags: 'a' | 'w') => {
  const fd = openSync(path, flags)
  t.teardown(() => closeSync(fd))
  return Object.assign(new PassThrough(), { fd })
}
const elsewhere = { fd: undefined }

t.test(
  'a file behind >> is known by its name, one behind > is not',
  { skip },
  async t => {
    const path = join(t.testdir({ rows: '' }), 'rows')
    t.equal(await appendedFile(behind(t, path, 'a'), elsewhere), path)
    t.equal(await appendedFile(behind(t, path, 'w'), elsewhere), undefined)
    t.equal(await appendedFile(new PassThrough(), elsewhere), undefined)
  },
)

t.test('one that takes stderr as well is none of the run’s own', { skip }, async t => {
  const path = join(t.testdir({ all: '' }), 'all')
  const stderr = behind(t, path, 'a')
  t.equal(await appendedFile(behind(t, path, 'a'), stderr), undefined)
})

t.test('nor is one that has lost its name', { skip }, async t => {
  const path = join(t.testdir({ rows: '' }), 'rows')
  const stdout = behind(t, path, 'a')
  rmSync(path)
  t.equal(await appendedFile(stdout, elsewhere), undefined)
})

t.test('a half line at the end is seen', { skip }, t => {
  const dir = t.testdir({ empty: '', whole: 'row\n', half: 'row\nro' })
  const ends = ['empty', 'whole', 'half'].map(name =>
    endsInLine(behind(t, join(dir, name), 'a')),
  )
  t.same(ends, [true, true, false])
  t.equal(readFileSync(join(dir, 'half'), 'utf8'), 'row\nro')
  t.end()
})
