import t from 'tap'
import { carryLineage, lineageOf, setLineage } from '../lib/lineage.js'

const origin = { place: 7 }

t.test('a copy made with {...record} is still of the same origin', async t => {
  const record = { id: 'a' }
  setLineage(record, origin)
  t.equal(lineageOf({ ...record, query: 'longer' }), origin)
})

t.test('no line of JSON shows it, and a copy by way of JSON has lost it', async t => {
  const record = { id: 'a' }
  setLineage(record, origin)
  t.equal(JSON.stringify(record), '{"id":"a"}')
  t.equal(lineageOf(JSON.parse(JSON.stringify(record))), undefined)
})

t.test('a new object is marked by hand, and only by what has a mark', async t => {
  const record = { id: 'a' }
  setLineage(record, origin)
  t.equal(lineageOf(carryLineage(record, { id: 'b' })), origin)
  t.same(Reflect.ownKeys(carryLineage({ id: 'nobody' }, { id: 'b' })), ['id'])
})

t.test('what is no object has no origin, and takes none', async t => {
  const record = {}
  setLineage(record, origin)
  for (const value of ['text', 1, null, undefined]) {
    t.equal(carryLineage(record, value), value)
    t.equal(lineageOf(value), undefined)
  }
})
