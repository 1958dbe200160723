import t from 'tap'
import { beginning, isWellFormed, wellFormed } from '../../lib/jsonl/well-formed.js'

t.test('a text without halves of characters stays as it is', async t => {
  for (const text of ['', 'a', '👍', '\u0000\ufffd']) {
    t.ok(isWellFormed(text))
    t.equal(wellFormed(text), text)
  }
})

t.test('each half of a character becomes the sign for one that is lost', async t => {
  t.notOk(isWellFormed('a\ud83d'))
  t.equal(wellFormed('\ud83da\udc4d'), '\ufffda\ufffd')
})

t.test('the beginning of a text ends between characters', async t => {
  t.equal(beginning('abc', 3), 'abc')
  t.equal(beginning('abc', 2), 'ab')
  t.equal(beginning('a👍b', 3), 'a👍')
  t.equal(beginning('a👍b', 2), 'a')
  t.equal(beginning('👍', 1), '')
})
