import t from 'tap'
import { numberLiteral } from '../../lib/jsonl/number-literal.js'

t.test('gives the digits that JSON.parse would round', async t => {
  t.equal(
    numberLiteral('{"id": 1234567890123456789, "query": "x"}', 'id'),
    '1234567890123456789',
  )
})

t.test(
  'takes the field of the object itself, not one further inside or inside a text',
  async t => {
    const line =
      '{"a":{"id":1},"b":[{"id":2}],"c":"\\"id\\":3","id" : -40000000000000000001}'
    t.equal(numberLiteral(line, 'id'), '-40000000000000000001')
  },
)

t.test('of a field given twice it takes the last, as JSON.parse does', async t => {
  t.equal(numberLiteral('{"id":11,"id":22}', 'id'), '22')
})

t.test('a field that is missing or no number has none', async t => {
  t.equal(numberLiteral('{"id":"7"}', 'id'), undefined)
  t.equal(numberLiteral('{"key":7}', 'id'), undefined)
  t.equal(numberLiteral('{"id', 'id'), undefined)
})
