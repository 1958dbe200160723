import { closeSync, existsSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import t, { type Test } from 'tap'
import { endsInLine, isAppendedTo } from '../../../lib/run/state/stdout-file.js'

const skip = !existsSync('/proc/self/fdinfo') && 'the system does not tell'

/** As a shell opens it: `a` for >>, `w` for >. */
const behind = (t: Test, path: string, flags: 'a' | 'w') => {
  const fd = openSync(path, flags)
  t.teardown(() => closeSync(fd))
  return Object.assign(new PassThrough(), { fd })
}

t.test('a file behind >> is told from one behind >', { skip }, t => {
  const path = join(t.testdir({ rows: '' }), 'rows')
  t.equal(isAppendedTo(behind(t, path, 'a')), true)
  t.equal(isAppendedTo(behind(t, path, 'w')), false)
  t.end()
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
