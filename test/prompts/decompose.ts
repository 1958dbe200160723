import t from 'tap'
import { decomposePrompt, maxConstraints } from '../../lib/prompts/decompose.js'
import { messagesOf } from '../../lib/prompts/prompt.js'

const input = { prompt: 'Write a haiku about rain without the word "rain".' }
const read = (reply: unknown) =>
  decomposePrompt.read(typeof reply === 'string' ? reply : JSON.stringify(reply), input)
const one = { kind: 'content', text: 'no "rain"', without: 'Write a haiku about rain.' }

t.test('what is the same for every prompt comes first', async t => {
  const a = messagesOf(decomposePrompt, { prompt: 'A' })
  const b = messagesOf(decomposePrompt, { prompt: 'B' })
  t.same(a.slice(0, -1), b.slice(0, -1))
  t.equal(a.at(-1)?.role, 'user')
})

t.test('our own worked examples are answers that our own reader takes', async t => {
  for (const example of decomposePrompt.examples) {
    t.same(read(example.answer), example.answer)
  }
})

t.test('an empty list is an outcome, not a failure', async t => {
  t.same(read({ constraints: [] }), { constraints: [] })
})

t.test('the bare list is understood', async t => {
  t.same(read([one]), { constraints: [one] })
})

t.test(
  'fenced JSON with Python words is understood (reference defects E1, E2)',
  async t => {
    t.same(
      read(
        "Sure!\n```\n{'constraints': [{'kind': 'Content', 'text': 'no \"rain\"', 'without': 'Write a haiku about rain.'},], 'complex': True}\n```",
      ),
      { constraints: [one] },
    )
  },
)

t.test(
  'one odd entry costs itself, not its neighbours (reference defect E5)',
  async t => {
    t.same(read({ constraints: [{ kind: 'mood' }, one, null, 7] }), {
      constraints: [one],
    })
  },
)

t.test(
  'nothing but odd entries is a bad reply, not a prompt without constraints',
  async t => {
    t.equal(read({ constraints: [{ kind: 'mood' }] }), undefined)
  },
)

t.test('prose is a bad reply', async t => {
  t.equal(read('There are no constraints in this prompt.'), undefined)
})

t.test('a flood of constraints is cut to the number that was asked for', async t => {
  t.equal(read({ constraints: Array(50).fill(one) })?.constraints.length, maxConstraints)
})

t.test('escapes are decoded, once (reference defect C4)', async t => {
  const reply =
    '{"constraints":[{"kind":"format","text":"a \\"list\\"","without":"Línea 1\\nL\\u00ednea 2"}]}'
  t.same(read(reply)?.constraints[0], {
    kind: 'format',
    text: 'a "list"',
    without: 'Línea 1\nLínea 2',
  })
})

t.test('every string in the schema is bounded, whatever the prompt', async t => {
  for (const prompt of ['', 'x', 'y'.repeat(50_000)]) {
    const text = JSON.stringify(decomposePrompt.schema({ prompt }))
    t.equal(
      text.match(/"type":"string"/g)?.length,
      text.match(/"maxLength":\d+/g)?.length,
    )
  }
})

t.test(
  'prompts of like length share one schema text, so that a server can cache it',
  async t => {
    t.same(
      decomposePrompt.schema({ prompt: 'a'.repeat(300) }),
      decomposePrompt.schema({ prompt: 'b'.repeat(400) }),
    )
  },
)
