/**
 * A prompt that kills whatever serves it, among prompts that do not: on servers that a supervisor
 * starts again, with no retries allowed, for a death is nobody's fault but the killer's.
 */
import type { ServerResponse } from 'node:http'
import t, { type Test } from 'tap'
import { completion, failure, loopback, send } from '../../fixtures/loopback.js'
import { type Fault, simulate } from '../../fixtures/vllm/simulate.js'
import { chatCall } from '../../fixtures/waiting-calls.js'
import type { Outcome } from '../../lib/model/model.js'
import type { VllmOptions } from '../../lib/model/options.js'
import { vllm } from '../../lib/model/vllm.js'

const connect = async (t: Test, urls: string[], options: Partial<VllmOptions> = {}) => {
  const model = await vllm({
    urls,
    retries: 0,
    backoffMs: 1,
    concurrency: 16,
    ...options,
  })
  t.teardown(() => model.abort())
  return model
}

const serve = async (
  t: Test,
  count: number,
  fault: Fault,
  options?: Partial<VllmOptions>,
) => {
  const servers = await Promise.all(
    Array.from({ length: count }, () => simulate({ time: 5, restartMs: 200 })),
  )
  t.teardown(() => Promise.all(servers.map(server => server.close())))
  for (const server of servers) server.script('poison', fault)
  const model = await connect(
    t,
    servers.map(({ url }) => url),
    options,
  )
  const deaths = () => servers.reduce((sum, { stats }) => sum + stats.deaths, 0)
  const asked = (text: string) =>
    servers.flatMap(({ requests }) => requests).filter(seen => seen.text.includes(text))
  return { model, deaths, asked }
}

const poison = { ok: false, code: 'poison_prompt' } as const
const goods = (count: number) =>
  Array.from({ length: count }, (_, i) => chatCall(`good ${i}`, { rank: i }))
const allGood = (t: Test, outcomes: readonly Outcome[]) => {
  for (const outcome of outcomes) t.match(outcome, { ok: true })
}

for (const [count, fault, batch] of [
  [1, 'engine-death', 'off'],
  [1, 'process-death', 'auto'],
  [2, 'engine-death', 'auto'],
  [2, 'process-death', 'off'],
] as const)
  t.test(`${fault}, ${count} at work, batch ${batch}: nobody else fails`, async t => {
    const { model, deaths, asked } = await serve(t, count, { fault }, { batch })
    const beside = goods(40).map(call => model.call(call))
    const killer = model.call(chatCall('poison', { rank: 7 }))
    t.match(await killer, { ...poison, message: /alone with it/ })
    allGood(t, await Promise.all(beside))
    t.equal(deaths(), 3)
    t.equal(asked('poison').length, 3)
  })

t.test('all samples of the prompt end with it, and no later one is sent', async t => {
  const { model, deaths, asked } = await serve(t, 1, { fault: 'process-death' })
  const samples = [1, 2, 3, 4].map(seed =>
    model.call(chatCall('poison', { sampling: { seed } })),
  )
  for (const outcome of await Promise.all(samples)) t.match(outcome, poison)
  t.equal(deaths(), 3)
  const sent = asked('poison').length
  t.match(await model.call(chatCall('poison', { sampling: { seed: 9 } })), {
    ...poison,
    attempts: 0,
  })
  t.equal(asked('poison').length, sent)
  t.match(await model.call(chatCall('good')), { ok: true }, 'others are asked')
})

t.test('once it is found, the others are no longer asked one by one', async t => {
  const open = new Set<ServerResponse>()
  let dead = false
  let deaths = 0
  let together = 0
  const die = () => {
    deaths++
    dead = true
    for (const each of open) send(each, failure(500, 'EngineCore is dead'), 500)
    open.clear()
  }
  const fake = await loopback(
    (_, response) => {
      open.add(response)
      if (deaths === 2 || (deaths < 2 && open.size === 16)) die()
      if (deaths < 3) return
      together = Math.max(together, open.size)
      setTimeout(() => open.delete(response) && send(response, completion(fine)), 2)
    },
    {
      other: ({ path }, response) => {
        if (path !== '/health') return false
        send(response, '', dead ? 503 : 200)
        dead = false
        return true
      },
    },
  )
  t.teardown(() => fake.close())
  const model = await connect(t, [fake.url], { batch: 'off' })
  const killer = model.call(chatCall('poison'))
  allGood(t, await Promise.all(goods(15).map(call => model.call(call))))
  t.match(await killer, poison)
  t.ok(together > 1, `${together} at once`)
})
const fine = { text: 'fine' }

t.test('behind a gateway, its neighbours keep their retries', async t => {
  const open = new Set<ServerResponse>()
  let dead = 0
  const gone = (response: ServerResponse) =>
    send(response, '<title>502 Bad Gateway</title>', 502)
  const gateway = await loopback(
    ({ body }, response) => {
      open.add(response)
      if (body.messages[0].content === 'poison') {
        dead++
        for (const each of open) gone(each)
        return open.clear()
      }
      setTimeout(() => open.delete(response) && send(response, completion(fine)), 2)
    },
    {
      other: ({ path }, response) => {
        if (path !== '/health') return false
        if (dead > 0) gone(response)
        else send(response, '')
        dead = 0
        return true
      },
    },
  )
  t.teardown(() => gateway.close())
  const model = await connect(t, [gateway.url], { retries: 1, batch: 'off' })
  const beside = goods(12).map(call => model.call(call))
  const killer = await model.call(chatCall('poison'))
  // A gateway may have found the server dead before the prompt reached it: no proof, but an end.
  t.match(killer, { ok: false, code: 'server_error', message: /502/ })
  const asked = gateway.calls.filter(({ body }) => body.messages[0].content === 'poison')
  t.equal(asked.length, 4)
  allGood(t, await Promise.all(beside))
})
