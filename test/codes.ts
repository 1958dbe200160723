import { readFileSync } from 'node:fs'
import t from 'tap'
import { codesPage } from '../fixtures/codes-page.js'
import { failureCodes, filterCodes, noteCodes, rejectCodes } from '../lib/codes.js'
import { constraintFlaws } from '../lib/steps/check-constraint.js'
import { passFlaws } from '../lib/steps/check-pass.js'

t.test('the page says what the catalogue says', async t => {
  t.equal(
    readFileSync('lib/CODES.md', 'utf8'),
    codesPage(),
    'renew it: npm run build && node dist/fixtures/codes-page.js',
  )
})

t.test('users find the page, in the repository and in the package', async t => {
  t.match(readFileSync('README.md', 'utf8'), '](lib/CODES.md)')
  const { files } = JSON.parse(readFileSync('package.json', 'utf8')) as {
    files: string[]
  }
  t.ok(files.includes('lib/CODES.md'))
})

t.test('what to do can stand at the end of a message', async t => {
  for (const codes of [failureCodes, rejectCodes, filterCodes])
    for (const [code, { means, hint }] of Object.entries(codes)) {
      t.match(hint, /^[A-Z].*\.$/s, code)
      t.notMatch(means, /^[A-Z]|\.$/, code)
    }
})

t.test('every flaw that is counted as a note is in the catalogue', async t => {
  const counted = [
    ...constraintFlaws.map(flaw => `decompose.${flaw}`),
    ...passFlaws.map(flaw => `compose.${flaw}`),
  ]
  t.same(
    counted.filter(name => !(name in noteCodes)),
    [],
  )
})
