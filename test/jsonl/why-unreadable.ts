import { statSync } from 'node:fs'
import t from 'tap'
import { whyUnreadable } from '../../lib/jsonl/why-unreadable.js'

const thrownFor = (path: string): unknown => {
  try {
    return statSync(path)
  } catch (error) {
    return error
  }
}

t.test('what is common is said in words', async t => {
  t.equal(whyUnreadable(thrownFor('no-such-file')), 'there is no such file')
  t.equal(
    whyUnreadable(thrownFor('package.json/x')),
    'a part of its path is a file and no folder',
  )
})

t.test('what is rare as the system says it', async t => {
  const rare = Object.assign(new Error("EIO: i/o error, read 'x'"), { code: 'EIO' })
  t.equal(whyUnreadable(rare), 'i/o error (EIO)')
  t.equal(whyUnreadable(new Error('odd')), 'odd')
  t.equal(whyUnreadable(undefined), 'undefined')
})
