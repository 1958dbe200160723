import t from 'tap'
import { chatCall, textCall } from '../../../fixtures/waiting-calls.js'
import { groupKeyOf } from '../../../lib/model/batch/group-key.js'

const owner = {}
const key = (call: Parameters<typeof groupKeyOf>[0]) => groupKeyOf(call, owner, 16)
const alike = key(chatCall('one'))

t.test('calls that differ in their words, seed or label may meet', async t => {
  t.type(alike, 'string')
  t.equal(key(chatCall('two')), alike)
  t.equal(key(chatCall('one', { sampling: { seed: 7 } })), alike)
  t.equal(key(chatCall('one', { label: 'judge', rank: 9 })), alike)
})

t.test('calls that ask for other answers never meet', async t => {
  const keys = [
    alike,
    key(textCall('one')),
    key(chatCall('one', { sampling: { temperature: 0 } })),
    key(chatCall('one', { sampling: { topP: 1 } })),
    key(chatCall('one', { sampling: { maxTokens: 9 } })),
    key(chatCall('one', { sampling: { stop: ['.'] } })),
    key(chatCall('one', { sampling: { stop: ['.', '!'] } })),
    key(chatCall('one', { schema: { name: 's', schema: { type: 'object' } } })),
    key(chatCall('one', { schema: { name: 's', schema: { type: 'string' } } })),
    key(chatCall('one', { extra: { top_k: 5 } })),
    key(chatCall('one', { extra: { top_k: 6 } })),
    key(textCall('one', { sampling: { n: 2 } })),
    groupKeyOf(chatCall('one'), {}, 16),
  ]
  t.equal(new Set(keys).size, keys.length)
})

t.test('a schema built anew for each call is the same schema', async t => {
  const call = () =>
    chatCall('one', { schema: { name: 's', schema: { type: 'object' } } })
  t.equal(key(call()), key(call()))
})

t.test('what no route takes together goes by itself', async t => {
  t.equal(key(chatCall('one', { sampling: { n: 2 } })), undefined)
  t.equal(key(chatCall('one', { extra: { tools: [] } })), undefined)
  t.equal(key(chatCall('one', { extra: { stream: true } })), undefined)
})

t.test('batching that is off, or not worth it, makes no key', async t => {
  t.equal(groupKeyOf(chatCall('one'), owner, 'off'), undefined)
  t.equal(groupKeyOf(chatCall('one'), owner, 1), undefined)
  t.equal(
    groupKeyOf(chatCall('one', { sampling: { maxTokens: 2048 } }), owner, 'auto'),
    undefined,
  )
})
