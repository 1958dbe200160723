import t from 'tap'
import { passFlaw, type PassDraft } from '../../lib/steps/check-pass.js'

const good: PassDraft = {
  before: 'Suggest a birthday present for my grandfather, who likes to fish.',
  after:
    'Suggest a birthday present for my grandfather, who likes to fish, for under 40 dollars.',
  question: 'Does the present cost less than 40 dollars?',
  asked: ['Is the answer in English?'],
}
const flaw = (change: Partial<PassDraft>) => passFlaw({ ...good, ...change })

t.test('a real harder version is taken', async t => {
  t.equal(passFlaw(good), undefined)
  t.equal(
    flaw({
      before: '雨について書いて',
      after: '雨について三行で書いてください',
      question: '三行ですか？',
    }),
    undefined,
  )
})

t.test('the same text, but for case and spacing, is refused', async t => {
  t.equal(flaw({ after: good.before }), 'unchanged')
  t.equal(
    flaw({ after: good.before.toUpperCase().replaceAll(' ', '  ') + '!' }),
    'unchanged',
  )
})

t.test('one word more is no constraint', async t => {
  t.equal(flaw({ after: good.before.replace('present', 'nice present') }), 'unchanged')
})

t.test('words of a prompt of ours or of the paper are a leak', async t => {
  t.equal(flaw({ after: good.after + ' A human evaluator will check.' }), 'leaked')
  t.equal(
    flaw({ after: good.after + ' Please provide the response in JSON format.' }),
    'leaked',
  )
  t.equal(flaw({ after: `<prompt>${good.after}</prompt>` }), 'leaked')
})

t.test('words that the user wrote are no leak', async t => {
  const before = 'Write a job advert for a human evaluator of search results.'
  t.equal(
    flaw({
      before,
      after: before + ' Keep it below 90 words.',
      question: 'Is it below 90 words?',
    }),
    undefined,
  )
})

t.test('a prompt that contains its own check is a leak', async t => {
  t.equal(flaw({ after: `${good.after} ${good.question}` }), 'leaked')
})

t.test('a prompt that lost its task is refused', async t => {
  t.equal(
    flaw({ after: 'Write a poem of exactly four lines about the autumn sea.' }),
    'lost_task',
  )
})

t.test('an answer instead of a harder prompt, run-away long, is refused', async t => {
  t.equal(flaw({ after: good.after + ' and then some'.repeat(200) }), 'run_away')
})

t.test('a question that is asked already is refused', async t => {
  t.equal(
    flaw({ asked: ['does the present cost less than 40 dollars'] }),
    'duplicate_question',
  )
})

t.test('no question, no pass', async t => {
  t.equal(flaw({ question: '' }), 'no_question')
  t.equal(flaw({ after: '' }), 'empty')
})
