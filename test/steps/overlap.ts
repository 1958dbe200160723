import t from 'tap'
import {
  containment,
  mostlyUnspaced,
  sameWords,
  stemsOf,
  wordsBeyond,
  wordsOf,
} from '../../lib/steps/overlap.js'

t.test('words are compared without case and punctuation', async t => {
  t.ok(sameWords('Name a fruit!', 'name a FRUIT'))
  t.notOk(sameWords('Name a fruit', 'Name a red fruit'))
})

t.test('scripts without spaces are compared by pairs of characters', async t => {
  t.same(wordsOf('雨の日 rain'), ['雨の', 'の日', 'rain'])
  t.ok(containment(wordsOf('雨について書いて'), wordsOf('雨について三行で書いて')) > 0.8)
  t.ok(containment(wordsOf('日本の首都は何ですか'), wordsOf('猫は何を食べますか')) < 0.4)
  t.ok(mostlyUnspaced(wordsOf('雨について書いて please')))
  t.notOk(mostlyUnspaced(wordsOf('What does 雨 mean?')))
})

t.test('wide letters and ligatures are plain ones, and nothing is blown up', async t => {
  t.same(wordsOf('ｆｕｌｌ ﬁne'), ['full', 'fine'])
  t.same(wordsOf('\ufdfa'), ['\ufdfa'])
})

t.test('a word counts as often as it is there', async t => {
  t.same(wordsBeyond(['very', 'very', 'big'], ['very', 'big']), ['very'])
})

t.test('forms of a word meet', async t => {
  t.same([...stemsOf(['rhymes'])], [...stemsOf(['rhyming'])])
})

t.test('an empty text is part of anything', async t => {
  t.equal(containment([], ['a']), 1)
})
