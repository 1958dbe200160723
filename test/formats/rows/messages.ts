import t from 'tap'
import { multiTurn } from '../../../fixtures/multi-turn.js'
import { response } from '../../../fixtures/record-with.js'
import { messagesRow } from '../../../lib/formats/rows/messages.js'

t.test('a row is the chat with its system prompt and its own roles', async t => {
  t.same(messagesRow(multiTurn, response('Cherry')), {
    id: multiTurn.id,
    seed_id: 'corpus-7',
    messages: [
      { role: 'system', content: 'You are brief.' },
      { role: 'user', content: "What's in stock?" },
      { role: 'assistant', content: 'Calling the shop.' },
      { role: 'tool', content: '{"fruit": 3}' },
      { role: 'assistant', content: 'Fruit.' },
      { role: 'user', content: 'Name a red fruit in one word.' },
      { role: 'assistant', content: 'Cherry' },
    ],
  })
})
