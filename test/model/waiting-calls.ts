import t from 'tap'
import { chatCall } from '../../fixtures/waiting-calls.js'
import { Batching } from '../../lib/model/batch/batching.js'
import { type CallOwner, OpenCall } from '../../lib/model/open-call.js'
import { WaitingCalls } from '../../lib/model/waiting-calls.js'

const owner = { name: 'm' } as CallOwner
const calls = (...labels: string[]): OpenCall[] =>
  labels.map(
    (label, i) => new OpenCall(owner, chatCall('Hi', { label, rank: i }), i, () => {}),
  )
const waiting = (...members: OpenCall[]) => {
  const there = new WaitingCalls(new Batching('off'))
  for (const call of members) there.add(call)
  return there
}

t.test('a call that left out of turn is passed over', async t => {
  const [first, second] = calls('judge', 'judge') as [OpenCall, OpenCall]
  const there = waiting(first, second)
  there.delete(first)
  t.equal(there.next(), second)
  t.equal(there.count, 1)
  there.delete(second)
  t.equal(there.next(), undefined)
})

t.test('a call that left is not found again among those near the front', async t => {
  const [first, second] = calls('judge', 'judge') as [OpenCall, OpenCall]
  const there = waiting(first, second)
  there.delete(second)
  t.equal(
    there.near(10, call => call === second),
    undefined,
  )
  t.equal(
    there.near(10, () => true),
    first,
  )
})

t.test('one that comes back waits once', async t => {
  const [call] = calls('judge') as [OpenCall]
  const there = waiting(call)
  there.delete(call)
  there.add(call)
  t.equal(there.count, 1)
  t.equal(there.next(), call)
  there.delete(call)
  t.equal(there.next(), undefined)
})

t.test(
  'the end of the input changes the order, and a new input changes it back',
  async t => {
    const [judge, generate] = calls('judge', 'generate') as [OpenCall, OpenCall]
    const there = waiting(judge, generate)
    t.equal(there.next(), judge)
    there.inputEnded()
    t.equal(there.next(), generate)
    there.inputBegins()
    t.equal(there.next(), judge)
  },
)
