import { mock } from 'node:test'
import t, { type Test } from 'tap'
import { Health } from '../../lib/model/health.js'
import type { Look } from '../../lib/model/look.js'
import { Outage } from '../../lib/model/outage.js'

const servers = (t: Test, ...names: string[]) => {
  mock.timers.enable({ apis: ['setTimeout'] })
  const at: { look: Look; waiting: number } = {
    look: { state: 'gone', why: 'refused' },
    waiting: 3,
  }
  const all = names.map(name => ({
    address: { shown: `http://${name}` },
    health: new Health({
      look: async () => at.look,
      inFlight: () => 0,
      deadlineMs: 60_000,
    }),
  }))
  const [log, lost]: string[][] = [[], []]
  const outage = new Outage(all, {
    deadlineMs: 60_000,
    waiting: () => at.waiting,
    log: line => log?.push(line),
    onLost: message => lost?.push(message),
  })
  t.teardown(() => {
    outage.stop()
    for (const { health } of all) health.stop()
    mock.timers.reset()
  })
  const later = async (ms: number) => {
    mock.timers.tick(ms)
    await new Promise(setImmediate)
  }
  return { all, at, outage, log, lost, later }
}

t.test('one server left is no outage', async t => {
  const { all, log } = servers(t, 'a', 'b')
  all[0]?.health.absent('refused')
  t.strictSame(log, [])
})

t.test('with the last server everybody is told at once, and only once', async t => {
  const { all, log } = servers(t, 'a', 'b')
  for (const { health } of all) health.absent('refused')
  all[1]?.health.absent('refused')
  t.equal(log?.length, 1)
  t.match(log?.[0], /all 2 model servers are out: http:\/\/a \(refused\), http:\/\/b/)
  t.match(log?.[0], /60 s at most/)
})

t.test('after the deadline without any server it is over', async t => {
  const { all, outage, lost, later } = servers(t, 'a')
  all[0]?.health.absent('refused')
  await later(59_999)
  t.strictSame(lost, [])
  await later(1)
  t.match(lost, [/http:\/\/a \(refused\).*60 s/])
  t.equal(outage.lost, lost?.[0])
})

t.test('a server that comes back in time ends the outage', async t => {
  const { all, at, outage, lost, later } = servers(t, 'a')
  all[0]?.health.absent('refused')
  at.look = { state: 'well' }
  await later(500)
  await later(60_000)
  t.strictSame(lost, [])
  t.equal(outage.lost, undefined)
})

t.test('nothing is lost while no call wants a server', async t => {
  const { all, at, lost, later } = servers(t, 'a')
  at.waiting = 0
  all[0]?.health.absent('refused')
  await later(60_000)
  t.strictSame(lost, [])
  at.waiting = 1
  await later(60_000)
  t.equal(lost?.length, 1)
})
