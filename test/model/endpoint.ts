import { mock } from 'node:test'
import t from 'tap'
import { Client } from 'undici'
import { loopback, send } from '../../fixtures/loopback.js'
import { parseAddress } from '../../lib/model/address.js'
import { Endpoint } from '../../lib/model/endpoint.js'
import { Exchange, restMs } from '../../lib/model/exchange.js'
import type { Fault } from '../../lib/model/fault.js'

const request = { method: 'POST' as const, path: '/v1/chat/completions', body: '{}' }

t.test('an answer that is larger than we take is cut off', async t => {
  const fake = await loopback((_, response) => send(response, 'x'.repeat(5000)))
  const endpoint = new Endpoint(parseAddress(fake.url), { concurrency: 1 })
  t.teardown(async () => {
    endpoint.destroy()
    await fake.close()
  })
  const ask = (maxBytes: number) =>
    endpoint.ask({ ...request, maxBytes }, { timeoutMs: 10_000 })
  t.match(await ask(4999), {
    kind: 'too_big',
    message: /more than 4,999 bytes/,
    text: /^x+$/,
  })
  t.match(await ask(5000), { status: 200 }, 'and the next one is taken')
})

t.test('an answer that stops half-way is given up, and what came is kept', async t => {
  const timers = mock.timers
  timers.enable({ apis: ['setTimeout'] })
  t.teardown(() => timers.reset())
  const broken: (Fault | undefined)[] = []
  let aborted = 0
  const controller = { abort: () => aborted++ } as never
  const exchange = new Exchange({
    maxBytes: 1000,
    onEnd: (_, fault) => broken.push(fault),
    onFree: () => {},
  })
  exchange.onRequestStart(controller)
  timers.tick(10 * restMs)
  t.equal(aborted, 0, 'it may begin late')
  exchange.onResponseStart(controller, 200, {})
  exchange.onResponseData(controller, Buffer.from('half '))
  timers.tick(restMs - 1)
  exchange.onResponseData(controller, Buffer.from('a word'))
  timers.tick(restMs - 1)
  t.equal(aborted, 0, 'and come slowly')
  timers.tick(1)
  t.equal(aborted, 1)
  t.match(broken, [{ kind: 'cut', message: /60 s/, text: 'half a word' }])
})

t.test(
  'a call cut while it connects leaves no socket for the next to wait on',
  async t => {
    let made = 0
    const never = { dispatch: () => true, destroy: async () => {}, close: async () => {} }
    const endpoint = new Endpoint(parseAddress('http://127.0.0.1:9'), {
      concurrency: 1,
      client: () => {
        made++
        return never as never
      },
    })
    endpoint.send(request, () => {}).cancel()
    endpoint.send(request, () => {}).cancel()
    t.equal(made, 2)
  },
)

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
