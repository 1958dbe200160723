import t from 'tap'
import { maxQuestionLength, questionPrompt } from '../../lib/prompts/question.js'

const input = { prompt: 'P', constraint: 'C' }
const read = (reply: string) => questionPrompt.read(reply, input)

t.test('an empty question is an answer: the constraint is meaningless', async t => {
  t.same(read('{"question": ""}'), { question: '' })
})

t.test(
  'a list of one question is that question, with its first and last letter (C4)',
  async t => {
    t.same(read('{"question": ["Is it short?"]}'), { question: 'Is it short?' })
  },
)

t.test('two questions are not one', async t => {
  t.equal(read('{"question": ["Is it short?", "Is it red?"]}'), undefined)
})

t.test(
  'null, a number or a missing question is a bad reply (reference defect E7)',
  async t => {
    t.equal(read('{"question": null}'), undefined)
    t.equal(read('{"question": 3}'), undefined)
    t.equal(read('{"answer": "Is it short?"}'), undefined)
  },
)

t.test('a question that rambles past its bound is a bad reply', async t => {
  t.equal(
    read(JSON.stringify({ question: 'x'.repeat(maxQuestionLength + 1) })),
    undefined,
  )
})

t.test('our own worked examples are answers that our own reader takes', async t => {
  for (const { answer } of questionPrompt.examples)
    t.same(read(JSON.stringify(answer)), answer)
})
