import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { writeLine } from '../../../lib/run/state/journal-line.js'
import { Journal } from '../../../lib/run/state/journal.js'

t.test('a whole line that this version does not understand is not cut off', async t => {
  const path = join(t.testdir(), 'journal')
  const text = writeLine({ format: 2, something: 'new' })
  writeFileSync(path, text)
  await t.rejects(
    Journal.open(path, () => t.fail()),
    {
      code: 'state_damaged',
      message: /line 1 says what this version does not understand/,
    },
  )
  t.equal(readFileSync(path, 'utf8'), text)
})
