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

t.test('one word more is no constraint, unless the question is about it', async t => {
  const after = good.before.replace('present', 'homemade present')
  t.equal(flaw({ after }), 'unchanged')
  t.equal(flaw({ after, question: 'Is the suggested present homemade?' }), undefined)
})

t.test('a polite rewrite of a short prompt keeps its task', async t => {
  for (const [before, after, question] of [
    [
      'How do I boil an egg?',
      'Describe how to boil an egg in exactly four numbered steps.',
      'Does the response have exactly four numbered steps?',
    ],
    [
      'What are the benefits of green tea?',
      'List five benefits of green tea.',
      'Does the response list exactly five benefits?',
    ],
    [
      '日本の首都はどこですか？',
      '日本の首都はどこか、一文で答えてください。',
      '回答は一文で答えていますか？',
    ],
    [
      'Напиши стихотворение о дожде.',
      'Напиши короткое стихотворение о дожде.',
      'Стихотворение короткое?',
    ],
  ] as const) {
    t.equal(flaw({ before, after, question }), undefined, after)
  }
})

t.test('a long prompt that lost its end has lost a part of its task', async t => {
  const before = Array.from({ length: 120 }, (_, i) => `word${i}`).join(' ')
  const cut = Array.from({ length: 96 }, (_, i) => `word${i}`).join(' ')
  const question = 'Is the answer one sentence?'
  t.equal(
    flaw({ before, after: `${cut} Answer in one sentence.`, question }),
    'lost_task',
  )
  t.equal(
    flaw({ before, after: `${before} Answer in one sentence.`, question }),
    undefined,
  )
})

t.test('an earlier constraint must not go while its question is still asked', async t => {
  const before =
    'Give me names for a small bakery near the harbour in a numbered list and avoid puns.'
  const draft = {
    before,
    question: 'Are the names in a table with two columns?',
    held: [
      ['numbered', 'list'],
      ['avoid', 'puns'],
    ],
  }
  t.equal(
    flaw({
      ...draft,
      after:
        'Give me names for a small bakery near the harbour in a table with two columns.',
    }),
    'lost_constraint',
  )
  t.equal(flaw({ ...draft, after: `${before} Add a table with two columns.` }), undefined)
})

t.test('a question about something else than what was added is refused', async t => {
  const before = 'Write a poem about rain.'
  const after = 'Write a beautiful and moving poem about rain.'
  t.equal(
    flaw({ before, after, question: 'Has it exactly four lines?' }),
    'unrelated_question',
  )
})

t.test('a question that rambles is refused', async t => {
  t.equal(
    flaw({ question: `Does it cost less than 40 dollars ${'and '.repeat(200)}?` }),
    'long_question',
  )
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
