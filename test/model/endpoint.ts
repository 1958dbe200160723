import t from 'tap'
import { Client } from 'undici'
import { loopback, send } from '../../fixtures/loopback.js'
import { parseAddress } from '../../lib/model/address.js'
import { Endpoint } from '../../lib/model/endpoint.js'

const request = { method: 'POST' as const, path: '/v1/chat/completions', body: '{}' }

t.test('an answer that is larger than we take is cut off', async t => {
  const fake = await loopback((_, response) => send(response, 'x'.repeat(5000)))
  const endpoint = new Endpoint(parseAddress(fake.url), {
    concurrency: 1,
    maxBytes: 4999,
  })
  t.teardown(async () => {
    endpoint.destroy()
    await fake.close()
  })
  t.match(await endpoint.ask(request, { timeoutMs: 10_000 }), { kind: 'too_big' })
})

t.test('a question that takes too long is cut, and the server sees it', async t => {
  let tell = (): void => {}
  const cut = new Promise<void>(done => (tell = done))
  const fake = await loopback((_, response) => void response.once('close', () => tell()))
  const endpoint = new Endpoint(parseAddress(fake.url), { concurrency: 1 })
  t.teardown(async () => {
    endpoint.destroy()
    await fake.close()
  })
  t.match(await endpoint.ask(request, { timeoutMs: 50 }), {
    kind: 'silent',
    message: /0\.05 s/,
  })
  await cut
})

t.test(
  'a host that cannot be secured is told apart from one that is not there',
  async t => {
    const fake = await loopback((_, response) => send(response, 'x'))
    const endpoint = new Endpoint(parseAddress(fake.url.replace('http:', 'https:')), {
      concurrency: 1,
    })
    t.teardown(async () => {
      endpoint.destroy()
      await fake.close()
    })
    t.match(await endpoint.ask(request, { timeoutMs: 10_000 }), { kind: 'untrusted' })
  },
)

t.test('a request that cannot be written is a fault and no exception', async t => {
  const fake = await loopback((_, response) => send(response, 'x'))
  const endpoint = new Endpoint(parseAddress(fake.url), { concurrency: 1 })
  t.teardown(async () => {
    endpoint.destroy()
    await fake.close()
  })
  const bad = { ...request, requestId: 'a\nb' }
  t.match(await endpoint.ask(bad, { timeoutMs: 10_000 }), { kind: 'unsendable' })
  t.match(await endpoint.ask({ ...bad, fresh: true }, { timeoutMs: 10_000 }), {
    kind: 'unsendable',
  })
})

t.test('sockets are used again, as many as were ever needed at once', async t => {
  const fake = await loopback((_, response) => send(response, 'x'))
  const made: string[] = []
  const endpoint = new Endpoint(parseAddress(fake.url), {
    concurrency: 1,
    client: (origin, options) => {
      made.push(origin)
      return new Client(origin, options)
    },
  })
  t.teardown(async () => {
    endpoint.destroy()
    await fake.close()
  })
  const ask = () => endpoint.ask(request, { timeoutMs: 10_000 })
  await Promise.all([ask(), ask(), ask()])
  await Promise.all([ask(), ask()])
  await ask()
  t.strictSame(made, [fake.url, fake.url, fake.url])
})
