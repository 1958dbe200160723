import t from 'tap'
import { readOpenaiBatch } from '../../lib/formats/openai-batch.js'

t.test('reads the messages, or the prompt, of the body', async t => {
  const read = { turns: [{ role: 'user', content: 'a' }] }
  t.same(readOpenaiBatch({ body: { messages: [{ role: 'user', content: 'a' }] } }), read)
  t.same(readOpenaiBatch({ body: { prompt: 'a' } }), read)
})

t.test('a line without either is told', async t => {
  t.match(readOpenaiBatch({ body: {} }), { message: 'expected messages in body' })
  t.match(readOpenaiBatch({ body: 'x' }), {
    message: 'expected an object as body, got a string',
  })
})
