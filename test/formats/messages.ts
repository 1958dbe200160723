import t from 'tap'
import { readMessages } from '../../lib/formats/messages.js'

t.test('reads a list under messages, or under prompt as TRL has it', async t => {
  const list = [{ role: 'user', content: 'a' }]
  const read = { turns: [{ role: 'user', content: 'a' }] }
  t.same(readMessages({ messages: list }), read)
  t.same(readMessages({ prompt: list }), read)
  t.match(readMessages({ messages: 'a' }), {
    message: 'expected a list as messages, got a string',
  })
})

t.test('a system prompt beside the list comes first', async t => {
  t.match(readMessages({ system: 'S', messages: [{ role: 'user', content: 'a' }] }), {
    turns: [{ role: 'system', content: 'S' }, { role: 'user' }],
  })
})
