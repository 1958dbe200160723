import t from 'tap'
import { formatOf, readRow } from '../../lib/formats/detect.js'

t.test('tells each shape by its fields', async t => {
  const turns = [{ role: 'user', content: 'a' }]
  const shapes: [string | undefined, object][] = [
    ['query', { query: 'a', response: 'b' }],
    ['query', { key: 1, prompt: 'a', kwargs: [] }],
    ['query', { question: 'a' }],
    ['query', { query: null, prompt: 'a' }],
    ['query', { query: 'a', history: null, system: '' }],
    ['alpaca', { instruction: 'a', input: '', output: 'b' }],
    ['alpaca', { instruction: 'a' }],
    ['ultraif', { query: 'a', history: [] }],
    ['ultraif', { query: 'a', system: 'Be brief.' }],
    ['messages', { messages: turns, prompt: 'a' }],
    ['messages', { prompt: turns }],
    ['sharegpt', { conversations: turns, id: 'x' }],
    ['sharegpt', { conversation: turns }],
    [
      'openai-batch',
      { custom_id: 'a', method: 'POST', url: '/v1', body: { messages: turns } },
    ],
    [undefined, { text: 'a' }],
    [undefined, {}],
    [undefined, { __proto__: { query: 'inherited' }, x: 1 }],
  ]
  for (const [format, row] of shapes.slice(0, -1))
    t.equal(formatOf(row as { [key: string]: unknown }), format, JSON.stringify(row))
})

t.test('a row of no known shape is told what was looked for and what it has', async t => {
  t.match(readRow({ text: 'a', n: 1 }, 'auto'), {
    code: 'unknown_format',
    message:
      /expected messages, conversations or one of query.*; got the fields text, n$/,
  })
  t.match(readRow({}, 'auto'), { message: /got no fields/ })
  const many = Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`f${i}`, i]))
  t.match(readRow(many, 'auto'), { message: /f11, …$/ })
})

t.test('a format asked for is the only one tried', async t => {
  t.match(readRow({ query: 'a' }, 'messages'), { code: 'unknown_format' })
  t.match(readRow({ messages: [], query: 'a' }, 'query'), { turns: [{ content: 'a' }] })
})
