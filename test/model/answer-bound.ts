import t from 'tap'
import { answerBound, mostAnswerBytes } from '../../lib/model/answer-bound.js'

t.test('an answer may be as large as its tokens can come to', async t => {
  const one = answerBound({ max_tokens: 2048 }, 1)
  t.ok(one > 2048 * 128 && one < 2 * 1024 * 1024, `${one}`)
  t.ok(answerBound({ max_tokens: 2048 }, 5) > 4 * one - 1024 * 1024)
  t.ok(answerBound({ max_tokens: 1 }, 1) > 100_000, 'room for an error page')
})

t.test('and a fixed size where that is not known', async t => {
  for (const body of [
    {},
    { max_tokens: null },
    { max_tokens: -1 },
    { max_tokens: 16, logprobs: true },
    { max_tokens: 16, prompt_logprobs: 5 },
    { max_tokens: 16, return_token_ids: true },
    { max_tokens: 1e9 },
  ])
    t.equal(answerBound(body, 1), mostAnswerBytes)
})
