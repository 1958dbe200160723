import t from 'tap'
import { containment, sameWords, sharedWords, wordsOf } from '../../lib/steps/overlap.js'

t.test('words are compared without case and punctuation', async t => {
  t.ok(sameWords('Name a fruit!', 'name a FRUIT'))
  t.notOk(sameWords('Name a fruit', 'Name a red fruit'))
})

t.test('scripts without spaces are compared by character', async t => {
  t.same(wordsOf('雨の日 rain'), ['雨', 'の', '日', 'rain'])
  t.ok(containment(wordsOf('雨について書いて'), wordsOf('雨について三行で書いて')) === 1)
})

t.test('a word counts as often as it is there', async t => {
  t.equal(sharedWords(['very', 'very', 'big'], ['very', 'big']), 2)
})

t.test('an empty text is part of anything', async t => {
  t.equal(containment([], ['a']), 1)
})
