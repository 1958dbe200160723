import t from 'tap'
import { SequenceLimit } from '../../lib/model/limit.js'

t.test('sequences are counted, not calls', async t => {
  const limit = new SequenceLimit(8)
  limit.take(5)
  t.notOk(limit.admits(5))
  t.ok(limit.admits(3))
  limit.give(5)
  t.ok(limit.admits(5))
})

t.test('a call wider than the limit goes alone', async t => {
  const limit = new SequenceLimit(2)
  t.ok(limit.admits(5))
  limit.take(5)
  t.notOk(limit.admits(1))
  limit.give(5)
  limit.take(1)
  t.notOk(limit.admits(5))
})

t.test('a call that must be alone keeps others out', async t => {
  const limit = new SequenceLimit(8)
  limit.take(1)
  t.notOk(limit.admits(1, true))
  limit.give(1)
  t.ok(limit.admits(1, true))
  limit.take(1, true)
  t.notOk(limit.admits(1))
  limit.give(1)
  t.ok(limit.admits(1))
})

t.test('a limit that grows says so, one that shrinks does not', async t => {
  const limit = new SequenceLimit(4)
  let told = 0
  limit.onRoom(() => told++)
  limit.max = 8
  t.equal(told, 1)
  limit.max = 2
  t.equal(told, 1)
})

t.test('queues that share a server are told of room in turns', async t => {
  const limit = new SequenceLimit(4)
  const told: string[] = []
  limit.onRoom(() => told.push('a'))
  limit.onRoom(() => told.push('b'))
  for (let i = 0; i < 2; i++) {
    limit.take(1)
    limit.give(1)
  }
  t.same(told, ['a', 'b', 'b', 'a'])
})
