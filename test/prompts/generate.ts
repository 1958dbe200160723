import t from 'tap'
import { generateInstructions, generateMessages } from '../../lib/prompts/generate.js'
import type { Record } from '../../lib/record.js'

const record: Record = {
  id: 'a-1',
  query: 'And in Spain?',
  seed: { query: 'And in Spain?' },
}

t.test('the query comes last, after the turns before it', async t => {
  const messages = generateMessages({
    ...record,
    history: [
      { role: 'user', content: 'Capital of France?' },
      { role: 'assistant', content: 'Paris' },
    ],
  })
  t.same(
    messages.map(m => m.role),
    ['system', 'user', 'assistant', 'user'],
  )
  t.ok(messages.at(-1)?.content.endsWith('And in Spain?'))
})

t.test("a record's own system prompt takes the place of ours", async t => {
  t.equal(
    generateMessages({ ...record, system: 'You are a pirate.' })[0]?.content,
    'You are a pirate.',
  )
  t.equal(generateMessages(record)[0]?.content, generateInstructions)
})
