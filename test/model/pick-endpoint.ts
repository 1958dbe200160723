import t from 'tap'
import { parseAddress } from '../../lib/model/address.js'
import { Endpoint } from '../../lib/model/endpoint.js'
import { EndpointPicker } from '../../lib/model/pick-endpoint.js'

const endpoints = (...limits: number[]) =>
  limits.map(
    (concurrency, i) =>
      new Endpoint(parseAddress(`http://127.0.0.1:${8000 + i}`), { concurrency }),
  )
const call = (rank: number, more: object = {}) => ({
  sequences: 1,
  alone: false,
  rank,
  endpoint: undefined,
  ...more,
})
const ranks = Array.from({ length: 400 }, (_, i) => i)

t.test('load is measured against the limit of each server', async t => {
  const [small, large] = endpoints(10, 100)
  small?.limit.take(9)
  large?.limit.take(60)
  const picker = new EndpointPicker([small!, large!])
  for (const rank of ranks) t.equal(picker.pick(call(rank)), large)
})

t.test('of idle servers every one gets calls', async t => {
  const all = endpoints(64, 64, 64)
  const picker = new EndpointPicker(all)
  const counts = all.map(
    each => ranks.filter(rank => picker.pick(call(rank)) === each).length,
  )
  for (const count of counts) t.ok(count > 90 && count < 180, `${count} of 400`)
})

t.test('equally loaded servers that are no home share by chance', async t => {
  const all = endpoints(8, 8, 8)
  for (const { limit } of all.slice(1)) limit.take(1)
  all[0]?.limit.take(8)
  for (const [at, expected] of [
    [0.1, 2],
    [0.9, 1],
  ] as const) {
    const picker = new EndpointPicker(all, () => at)
    const rank = ranks.find(each => picker.homeOf(each) === all[0]) ?? 0
    t.equal(picker.pick(call(rank)), all[expected])
  }
})

t.test('the calls of a record go to one server, the same in every process', async t => {
  const all = endpoints(64, 64)
  const picker = new EndpointPicker(all)
  const elsewhere = new EndpointPicker([...all].reverse())
  for (const rank of ranks) {
    t.equal(picker.homeOf(rank), elsewhere.homeOf(rank))
    for (let i = 0; i < 5; i++) t.equal(picker.pick(call(rank)), picker.homeOf(rank))
  }
})

t.test('a record leaves its server where that is much busier than another', async t => {
  const all = endpoints(64, 64)
  const picker = new EndpointPicker(all)
  const home = picker.homeOf(7)
  const other = all.find(each => each !== home)
  home?.limit.take(8)
  t.equal(picker.pick(call(7)), home, 'an eighth of the limit is hardly busier')
  home?.limit.take(1)
  t.equal(picker.pick(call(7)), other)
  other?.limit.take(9)
  t.equal(picker.pick(call(7)), home, 'and comes back')
})

t.test('a server that is out or full gets nothing', async t => {
  const [a, b, c] = endpoints(4, 4, 4)
  const picker = new EndpointPicker([a!, b!, c!])
  a?.health.absent('gone')
  b?.limit.take(4)
  for (const rank of ranks) t.equal(picker.pick(call(rank)), c)
  c?.limit.take(4)
  t.equal(picker.pick(call(1)), undefined)
  a?.health.stop()
})

t.test('a server that goes moves no records but its own', async t => {
  const all = endpoints(64, 64, 64)
  const picker = new EndpointPicker(all)
  const before = ranks.map(rank => picker.homeOf(rank))
  all[1]?.health.absent('gone')
  for (const rank of ranks)
    if (before[rank] !== all[1]) t.equal(picker.homeOf(rank), before[rank])
    else t.not(picker.homeOf(rank), all[1])
  all[1]?.health.stop()
})

t.test('a call that failed somewhere goes elsewhere if it can', async t => {
  const [a, b] = endpoints(4, 4)
  const picker = new EndpointPicker([a!, b!])
  b?.limit.take(3)
  for (const rank of ranks) t.equal(picker.pick(call(rank, { endpoint: a })), b)
  b?.limit.take(1)
  t.equal(picker.pick(call(1, { endpoint: a })), a, 'and back where it must')
})

t.test('a record at home where its call failed gets no free place there', async t => {
  const [a, b] = endpoints(4, 4)
  const picker = new EndpointPicker([a!, b!])
  const rank = ranks.find(each => picker.homeOf(each) === a) ?? -1
  t.ok(picker.suits(a!, call(rank)))
  t.notOk(picker.suits(a!, call(rank, { endpoint: a })))
  t.notOk(picker.suits(b!, call(rank)))
})
