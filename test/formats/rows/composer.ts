import t from 'tap'
import { multiTurn } from '../../../fixtures/multi-turn.js'
import { recordWith } from '../../../fixtures/record-with.js'
import { composerRows } from '../../../lib/formats/rows/composer.js'
import type { Constraint } from '../../../lib/record.js'

const query = 'Name a fruit in one word.\nIt\'s "red".'
const constraint = (without: string, question = 'Is it one word?'): Constraint => ({
  kind: 'format',
  text: 'one word',
  without,
  question,
})
const rows = (constraints: Constraint[], rest = {}) =>
  composerRows(recordWith([], { query, seed: { query }, constraints, ...rest }))

t.test(
  "a row asks in the trained composer's words, history as Python prints it",
  async t => {
    const [row] = rows([constraint('Name a fruit.')], {
      history: [
        { role: 'user', content: "it's" },
        { role: 'assistant', content: 'ok' },
      ],
    })
    t.same(row?.messages, [
      {
        role: 'user',
        content: `[history]: [{'from': 'human', 'value': "it's"}, {'from': 'gpt', 'value': 'ok'}] \n [initial query]: Name a fruit.`,
      },
      {
        role: 'assistant',
        content: String.raw`{"augmented query": "Name a fruit in one word.\nIt's \"red\".", "question": ["Is it one word?"]}`,
      },
    ])
  },
)

t.test('without history the list is empty', async t => {
  t.equal(
    rows([constraint('Name a fruit.')])[0]?.messages[0]?.content,
    '[history]: [] \n [initial query]: Name a fruit.',
  )
})

t.test('each constraint gives a row with an id of its own', async t => {
  const made = rows([constraint('Name a fruit.'), constraint('Name one.', 'Is it red?')])
  t.same(
    made.map(({ id }) => id),
    ['0123456789abcdef-1.c1', '0123456789abcdef-1.c2'],
  )
})

t.test(
  'a constraint that changes nothing, or only white space, gives no row (reference defect E8)',
  async t => {
    t.same(rows([constraint(query), constraint(`  ${query.replace(' ', '\n')} `)]), [])
  },
)

t.test(
  'a constraint without a question, or that leaves no prompt, gives no row (reference defect E7)',
  async t => {
    t.same(
      rows([constraint('Name a fruit.', ''), constraint('Name a fruit.', ' \n')]),
      [],
    )
    t.same(rows([constraint(' ')]), [])
  },
)

t.test(
  'the target is the prompt that was decomposed, not what compose made of it',
  async t => {
    const constraints = [constraint('Name a thing.')]
    const [row] = composerRows({ ...multiTurn, constraints })
    t.match(row?.messages[1]?.content, '"augmented query": "Name a fruit."')

    const [simplified] = composerRows({
      ...multiTurn,
      constraints,
      passes: [{ before: 'Name a thing.', after: 'Name a big thing.', question: 'Q?' }],
    })
    t.match(simplified?.messages[1]?.content, '"augmented query": "Name a fruit."')
  },
)

t.test('when a composed prompt was decomposed, that one is the target', async t => {
  const [row] = composerRows({
    ...multiTurn,
    decomposed: 'Name a fruit in one word, in French.',
    constraints: [constraint('Name a fruit in French.')],
  })
  t.match(
    row?.messages[1]?.content,
    '"augmented query": "Name a fruit in one word, in French."',
  )
})
