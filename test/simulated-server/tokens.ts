import t from 'tap'
import { tokenTexts } from '../../fixtures/vllm/token-ids.js'
import { countTokens, cutTokens } from '../../fixtures/vllm/tokens.js'

t.test('counts come near those of a real tokenizer', async t => {
  // SmolLM2's own counts, from the recordings.
  for (const [text, tokens] of [
    ['Hello world', 2],
    ['The capital of France is', 5],
    ['One, two, three,', 6],
    ['Water boils at', 3],
    ['word '.repeat(2010), 2011],
  ] as const)
    t.equal(countTokens(text), tokens, text.slice(0, 30))
  t.equal(countTokens('你好吗'), 3)
  t.equal(countTokens(''), 0)
})

t.test('tokens put together are the text, and no cut splits a character', async t => {
  for (const text of [
    'Hello,  wörld!\n\n\tok',
    '你好 😀😀 Привет мир',
    '1234567 a1b2',
    ' x',
  ]) {
    t.equal(tokenTexts(text).join(''), text)
    t.equal(tokenTexts(text).length, countTokens(text), text)
    for (let limit = 0; limit <= countTokens(text); limit++) {
      const cut = cutTokens(text, limit)
      t.equal(countTokens(cut), limit)
      t.equal(Buffer.from(cut).toString(), cut)
    }
  }
})
