import t from 'tap'
import { groupSize } from '../../../lib/model/batch/group-size.js'

t.test('left to itself, only calls for a few tokens share a request', async t => {
  t.equal(groupSize('auto', 16), 16)
  t.equal(groupSize('auto', 17), 1)
  t.equal(groupSize('auto', 2048), 1)
})

t.test('a number groups calls of any length, and off none', async t => {
  t.equal(groupSize(5, 2048), 5)
  t.equal(groupSize('off', 1), 1)
})

t.test('no list is longer than vLLM takes', async t => {
  t.equal(groupSize(5000, 8), 1024)
})
