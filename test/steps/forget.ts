import t from 'tap'
import { record } from '../../fixtures/connected.js'
import { withQuery, withQuestions } from '../../lib/steps/forget.js'

const judged = record('Name a fruit.', {
  questions: [{ text: 'Is it red?', from: 'seed' }],
  responses: [
    { text: 'Apple.', finish: 'stop', verdicts: [{ answer: 'yes' }], pass: true },
  ],
})

t.test('responses to an older query are not kept as answers to a harder one', async t => {
  const changed = withQuery(judged, 'Name a fruit in French.')
  t.equal(changed.query, 'Name a fruit in French.')
  t.notOk('responses' in changed)
})

t.test(
  'verdicts on other questions are not kept, even when their number is the same',
  async t => {
    const changed = withQuestions(judged, [{ text: 'Is it round?', from: 'seed' }])
    t.strictSame(changed.responses, [{ text: 'Apple.', finish: 'stop' }])
  },
)

t.test('without a change nothing is forgotten', async t => {
  t.equal(withQuery(judged, judged.query), judged)
  t.same(withQuestions(judged, judged.questions ?? []), judged)
})
