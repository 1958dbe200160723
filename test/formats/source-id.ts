import t from 'tap'
import { sourceIdOf } from '../../lib/formats/source-id.js'

t.test('finds the id under the names that corpora give it, type kept', async t => {
  t.equal(sourceIdOf({ custom_id: 'request-1', id: 'x' }), 'request-1')
  t.equal(sourceIdOf({ key: 1000, prompt: 'p' }), 1000)
  t.equal(sourceIdOf({ question_id: 81 }), 81)
  t.equal(sourceIdOf({ uuid: 'u' }), 'u')
  t.equal(sourceIdOf({ query: 'q' }), undefined)
})

t.test('passes over what cannot be an id', async t => {
  t.equal(sourceIdOf({ id: '', _id: { $oid: 'x' }, uid: 'u' }), 'u')
  t.equal(sourceIdOf({ id: null }), undefined)
})

t.test('integers beyond 2^53 keep their digits, as text', async t => {
  const text = '{"id":1234567890123456789}'
  t.equal(sourceIdOf(JSON.parse(text) as { id: number }, text), '1234567890123456789')
  t.equal(sourceIdOf({ id: 2 ** 60 }), String(2 ** 60))
  t.equal(sourceIdOf({ id: Number.MAX_SAFE_INTEGER }), Number.MAX_SAFE_INTEGER)
})
