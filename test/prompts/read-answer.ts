import t from 'tap'
import { readAnswer } from '../../lib/prompts/read-answer.js'

t.test('a clear yes or no is taken in any dress', async t => {
  for (const text of ['yes', 'YES', 'Yes.', ' "yes" ', '**Yes**', '`yes`!'])
    t.equal(readAnswer(text), 'yes', text)
  for (const text of ['no', 'NO', 'No.', "'no'"]) t.equal(readAnswer(text), 'no', text)
  t.equal(readAnswer(true), 'yes')
  t.equal(readAnswer(false), 'no')
})

t.test('anything else is no answer', async t => {
  for (const value of [
    '',
    'yes no',
    'not',
    'nope',
    'partially',
    'N/A',
    'unknown',
    0,
    1,
    null,
    undefined,
    {},
    ['yes'],
    'yes'.repeat(100),
  ]) {
    t.equal(readAnswer(value), undefined, JSON.stringify(value))
  }
})
