import t from 'tap'
import { readUltraif } from '../../lib/formats/ultraif.js'

t.test('the query comes after its history', async t => {
  t.same(readUltraif({ query: 'c', history: [['a', 'b']] }), {
    turns: [
      { role: 'user', content: 'a' },
      { role: 'assistant', content: 'b' },
      { role: 'user', content: 'c' },
    ],
  })
})

t.test('no history is an empty one, a wrong one is a fault', async t => {
  for (const history of [undefined, null, []])
    t.same(readUltraif({ query: 'c', history }), {
      turns: [{ role: 'user', content: 'c' }],
    })
  t.match(readUltraif({ query: 'c', history: { a: 1 } }), { code: 'bad_history' })
  t.match(readUltraif({ history: [] }), { code: 'unknown_format' })
})
