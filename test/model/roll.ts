import t, { type Test } from 'tap'
import { loopback, send } from '../../fixtures/loopback.js'
import { parseAddress } from '../../lib/model/address.js'
import { Endpoint } from '../../lib/model/endpoint.js'
import { callTheRoll } from '../../lib/model/roll.js'

const server = async (t: Test) => {
  const fake = await loopback((_, response) => send(response, 'x'))
  const endpoint = new Endpoint(parseAddress(fake.url), { concurrency: 1 })
  t.teardown(async () => {
    endpoint.destroy()
    await fake.close()
  })
  return endpoint
}

t.test('of servers that are all absent every one is named', async t => {
  const group = ['http://127.0.0.1:1', 'http://127.0.0.1:2'].map(
    url => new Endpoint(parseAddress(url), { concurrency: 1 }),
  )
  await t.rejects(callTheRoll([group], { waitMs: 0 }), {
    code: 'server_unreachable',
    message: /none of 2 servers.+\n.+127\.0\.0\.1:1: .+\n.+127\.0\.0\.1:2: /,
  })
})

const timers = () =>
  process.getActiveResourcesInfo().filter(name => name === 'Timeout').length

t.test('once all servers have answered nothing keeps the process alive', async t => {
  const [a, b, c] = [await server(t), await server(t), await server(t)]
  const before = timers()
  const present = await callTheRoll([[a], [b, c]], { waitMs: 0 })
  t.equal(present.size, 3)
  t.equal(timers(), before)
})
