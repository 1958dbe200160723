import t from 'tap'
import type { Addition } from '../../lib/ledger.js'
import { reject } from '../../lib/errors.js'
import type { Record } from '../../lib/record.js'
import { beginAgain } from '../../lib/steps/begin-again.js'

const seed = { query: 'Name a fruit in one word. Rhyme.', id: 7, line: 3 }
const came: Record = { id: 'a-1', query: seed.query, seed, topic: 'fruit' }
const constraint = {
  kind: 'linguistic' as const,
  text: 'Rhyme.',
  without: 'Name a fruit in one word.',
  question: 'Does it rhyme?',
}
const decomposed: Record = {
  ...came,
  constraints: [constraint],
  decomposed: seed.query,
  questions: [
    { text: 'Is it one word?', from: 'seed' },
    { text: 'Does it rhyme?', from: 'seed' },
  ],
}
const pass = {
  before: seed.query,
  after: `${seed.query} In red.`,
  question: 'Is it in red?',
}
const composed: Record = {
  ...decomposed,
  query: pass.after,
  passes: [pass],
  questions: [
    ...(decomposed.questions ?? []),
    { text: 'Is it in red?', from: 'pass' as const },
  ],
  composed: { wanted: 3, added: 1, failures: {} },
}
const answered: Record = { ...composed, responses: [{ text: 'Cherry', finish: 'stop' }] }

const all: Addition[] = ['constraints', 'passes', 'responses', 'verdicts']
const again = (record: Record, adds: Addition[], ours = true) =>
  beginAgain(
    { ...record, reject: reject('generate', 'deadline') },
    { adds: new Set(adds), ours },
  )

t.test('a recipe of all stages begins with what came, own fields included', async t => {
  for (const record of [came, decomposed, composed, answered])
    t.strictSame(again(record, all), came)
})

t.test('what no stage of the recipe adds came with the record', async t => {
  t.strictSame(again(answered, ['responses', 'verdicts']), composed)
  t.strictSame(again(answered, ['passes', 'responses']), decomposed)
  t.strictSame(again(answered, []), answered)
})

t.test('the constraint that compose took out is put back', async t => {
  const simplified: Record = {
    ...composed,
    query: `${constraint.without} In red.`,
    passes: [
      { ...pass, before: constraint.without, after: `${constraint.without} In red.` },
    ],
    questions: [
      { text: 'Is it one word?', from: 'seed' },
      { text: 'Is it in red?', from: 'pass' },
    ],
    simplified: constraint,
  }
  t.strictSame(again(simplified, ['passes', 'responses']), decomposed)
  t.strictSame(again(simplified, all), came)
  const { questions = [] } = decomposed
  const failedAtOnce: Record = {
    ...decomposed,
    query: constraint.without,
    questions: questions.slice(0, 1),
    simplified: constraint,
  }
  t.strictSame(again(failedAtOnce, ['passes']), decomposed)
})

t.test('questions that a judge of passes left aside are asked again', async t => {
  const { questions = [] } = composed
  const aside = {
    ...composed,
    questions: questions.slice(2),
    unasked: questions.slice(0, 2),
  }
  t.strictSame(again(aside, ['responses', 'verdicts']), composed)
})

t.test("a user's own questions outlast the passes", async t => {
  const own = { text: 'Is it polite?', from: 'pass' as const }
  const record = { ...composed, questions: [own, ...(composed.questions ?? [])] }
  t.strictSame(again(record, ['constraints', 'passes']).questions, [own])
})

t.test('a query edited before the run stays where only our stages had it', async t => {
  const edited = { ...came, query: 'Name a berry.' }
  t.equal(again(edited, all).query, 'Name a berry.')
  const grown = { ...edited, passes: [{ ...pass, before: 'Name a berry.' }], query: 'x' }
  t.equal(again(grown, all).query, 'Name a berry.')
  t.equal(
    again(edited, all, false).query,
    seed.query,
    'a stage of his own may have done it',
  )
})

t.test('in a recipe of his own, passes that stay keep the query they made', async t => {
  const changed = { ...answered, query: `${pass.after} Thanks!` }
  t.equal(again(changed, ['responses'], false).query, pass.after)
  t.equal(again(changed, ['passes'], false).query, seed.query)
})

t.test('fields that only have the name of ours are left alone', async t => {
  for (const odd of [
    { unasked: 5 },
    { unasked: [5], simplified: 'Name it.' },
    { simplified: { question: 5 } },
    { unasked: { length: 1 }, simplified: [constraint] },
  ])
    for (const ours of [true, false])
      t.strictSame(again({ ...answered, ...odd }, all, ours), { ...came, ...odd })
})
