import t from 'tap'
import { chatCall, textCall, waiting } from '../../../fixtures/waiting-calls.js'
import { Companions } from '../../../lib/model/batch/companions.js'
import type { Member } from '../../../lib/model/batch/form.js'

t.test('a call finds those that wait with its key, the oldest first', async t => {
  const companions = new Companions<Member>()
  const calls = waiting([chatCall('a'), textCall('b'), chatCall('c')])
  for (const call of calls) companions.add(call)
  const [a, b, c] = calls as [Member, Member, Member]
  t.strictSame([...companions.of(a)], [a, c])
  companions.delete(a)
  t.strictSame([...companions.of(a)], [c])
  t.strictSame([...companions.of(b)], [b])
})

t.test('a call without a key has no company, not even others without', async t => {
  const companions = new Companions<Member>()
  const [a, b] = waiting([chatCall('a'), chatCall('b')], 'off') as [Member, Member]
  companions.add(a)
  t.strictSame([...companions.of(b)], [])
  t.doesNotThrow(() => companions.delete(a))
})

t.test('no key outlives its calls: memory does not grow with the run', async t => {
  const companions = new Companions<Member>()
  const calls = waiting(
    [1, 2, 3].map(maxTokens => chatCall('', { sampling: { maxTokens } })),
  )
  for (const call of calls) companions.add(call)
  t.equal(companions.size, 3)
  for (const call of calls) companions.delete(call)
  t.equal(companions.size, 0)
})
