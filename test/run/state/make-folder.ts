import { existsSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { makeFolder } from '../../../lib/run/state/make-folder.js'

t.test('a folder is made with those it lies in, and may be there', async t => {
  const path = join(t.testdir(), 'a/b/c')
  await makeFolder(path)
  await makeFolder(path)
  t.ok(existsSync(path))
})

t.test('where no folder can be made, that is an error and no hang', async t => {
  if (!existsSync('/proc')) return t.pass('no /proc here')
  await t.rejects(makeFolder('/proc/nope/x'), { code: 'ENOENT' })
})
