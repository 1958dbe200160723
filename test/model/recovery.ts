import t from 'tap'
import { completion, loopback, send } from '../../fixtures/loopback.js'
import { chatCall } from '../../fixtures/waiting-calls.js'
import { vllm } from '../../lib/model/vllm.js'

for (const [who, batch] of [
  ['calls', 'off'],
  ['groups', 8],
] as const)
  t.test(`sockets that died idle cost ${who} nothing of the limit`, async t => {
    const used = new WeakSet<object>()
    let died = 0
    const fake = await loopback(({ body }, response) => {
      const { socket } = response
      if (!socket || used.has(socket)) {
        died++
        return socket?.destroy()
      }
      used.add(socket)
      const chats = Array.isArray(body.messages[0]) ? body.messages : [body.messages]
      send(response, completion(...chats.map(() => ({ text: 'fine' }))))
    })
    const model = await vllm({ urls: [fake.url], batch, backoffMs: 1 })
    t.teardown(async () => {
      model.abort()
      await fake.close()
    })
    const round = () =>
      Promise.all(Array.from({ length: 64 }, (_, i) => model.call(chatCall(`${i}`))))
    await round()
    for (const outcome of await round()) t.ok(outcome.ok)
    t.ok(died > 2, `${died} died`)
    t.match(model.stats().servers, [{ limit: 64, reason: /^fixed/ }])
  })

t.test('new connections that are reset lower the limit', async t => {
  const fake = await loopback((_, response) => void response.socket?.resetAndDestroy())
  const model = await vllm({ urls: [fake.url], batch: 'off', retries: 0 })
  t.teardown(async () => {
    model.abort()
    await fake.close()
  })
  await Promise.all(Array.from({ length: 64 }, (_, i) => model.call(chatCall(`${i}`))))
  const [server] = model.stats().servers
  t.match(server?.reason, /connections were lost/)
  t.ok((server?.limit ?? 64) < 64)
})
