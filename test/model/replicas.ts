/**
 * Servers that die, come back, fail at everything or never were there: over real loopback, with
 * no retries allowed wherever a failure is the server's and not the call's.
 */
import type { ServerResponse } from 'node:http'
import t, { type Test } from 'tap'
import { completion, failure, loopback, send } from '../../fixtures/loopback.js'
import { simulate, type SimulateOptions } from '../../fixtures/vllm/simulate.js'
import type { Failure } from '../../lib/errors.js'
import { connectRoles } from '../../lib/model/connect-roles.js'
import { parseAddress } from '../../lib/model/address.js'
import { Endpoint } from '../../lib/model/endpoint.js'
import type { ModelCall } from '../../lib/model/model.js'
import type { VllmOptions } from '../../lib/model/options.js'
import { EndpointPicker } from '../../lib/model/pick-endpoint.js'
import { vllm } from '../../lib/model/vllm.js'

const ask = (content = 'Hi', rank = 0): ModelCall => ({
  label: 'generate',
  rank,
  messages: [{ role: 'user', content }],
  sampling: { temperature: 1, topP: 1, maxTokens: 64 },
})
const many = (count: number) => Array.from({ length: count }, (_, i) => ask(`${i}`, i))
const ok = completion({ text: 'fine' })

const simulated = async (t: Test, count: number, options: SimulateOptions = {}) => {
  const servers = await Promise.all(
    Array.from({ length: count }, () => simulate(options)),
  )
  t.teardown(() => Promise.all(servers.map(server => server.close())))
  return servers
}

const connect = async (t: Test, urls: string[], options: Partial<VllmOptions> = {}) => {
  const log: string[] = []
  const model = await vllm({
    urls,
    backoffMs: 1,
    log: line => log.push(line),
    ...options,
  })
  t.teardown(() => model.abort())
  const until = async (pattern: RegExp) => {
    while (!log.some(line => pattern.test(line)))
      await new Promise(resolve => setTimeout(resolve, 5))
  }
  return { model, log, until }
}

t.test('a replica that dies costs no call, and is taken back', async t => {
  const [a, b] = await simulated(t, 2, { time: 5 })
  if (!a || !b) throw new Error('no servers')
  const { model, log, until } = await connect(t, [a.url, b.url], {
    retries: 0,
    concurrency: 8,
  })
  const calls = many(200).map(call => model.call(call))
  await calls[20]
  await b.die()
  await until(/: out /)
  t.match(
    model.stats().servers.find(({ url }) => url === b.url),
    { out: /./, inFlight: 0 },
  )
  for (const outcome of await Promise.all(calls)) t.match(outcome, { ok: true })
  await b.revive()
  await until(/back after/)
  const before = b.stats.sequences
  await Promise.all(many(40).map(call => model.call(call)))
  t.ok(b.stats.sequences > before, 'it works again')
  t.match(log, [
    new RegExp(`^${b.url}: out \\(.+\\); its calls go to the other server$`),
    new RegExp(`^${b.url}: back after \\d+ s$`),
  ])
})

t.test('the only server dies and is started again: calls wait, none fails', async t => {
  const [server] = await simulated(t, 1, { time: 5 })
  if (!server) throw new Error('no server')
  const { model, log, until } = await connect(t, [server.url], {
    retries: 0,
    concurrency: 8,
    deadlineMs: 30_000,
  })
  const calls = many(60).map(call => model.call(call))
  await calls[10]
  await server.die()
  await until(/the model server is out/)
  t.match(model.stats(), { inFlight: 0, failed: 0 })
  await server.revive()
  for (const outcome of await Promise.all(calls)) t.match(outcome, { ok: true })
  t.match(log, [/is out: .+ at most$/, /: back after/])
})

t.test(
  'a call that moves off a dead server may meet a dead socket once more',
  async t => {
    let looks = 0
    const fake = await loopback(
      (_, response, index) =>
        index < 3 ? response.socket?.resetAndDestroy() : send(response, ok),
      {
        // Gone for one look, and started again by its supervisor.
        other: ({ path }, response) => {
          if (path !== '/health') return false
          send(response, '', looks++ === 0 ? 503 : 200)
          return true
        },
      },
    )
    t.teardown(() => fake.close())
    const { model } = await connect(t, [fake.url], { retries: 0 })
    t.match(await model.call(ask()), { ok: true, attempts: 4 })
  },
)

t.test('a server told to stop answers nothing more: its calls move at once', async t => {
  const stuck: ServerResponse[] = []
  const stopping = await loopback((_, response) => void stuck.push(response))
  const other = await loopback((_, response) => send(response, ok))
  const { model, until } = await connect(t, [stopping.url, other.url], {
    retries: 0,
    concurrency: 4,
  })
  t.teardown(() => other.close())
  t.teardown(() => stopping.close())
  const calls = many(20).map(call => model.call(call))
  while (stuck.length < 4) await new Promise(setImmediate)
  stopping.refuse()
  // A place is free there as soon as one of them is cut; the next call finds nobody.
  stuck[0]?.socket?.destroy()
  await until(/: out /)
  for (const outcome of await Promise.all(calls)) t.match(outcome, { ok: true })
})

t.test('a replica that fails at everything does not swallow the work', async t => {
  const hole = await loopback((_, response) => send(response, failure(500, 'no'), 500))
  const [good] = await simulated(t, 1, { time: 5, model: 'm' })
  t.teardown(() => hole.close())
  const { model, until } = await connect(t, [hole.url, good?.url ?? ''], {
    concurrency: 4,
  })
  const calls = many(300).map(call => model.call(call))
  await until(/: out \(5 failures in a row/)
  for (const outcome of await Promise.all(calls)) t.match(outcome, { ok: true })
  t.ok(hole.calls.length < 40, `${hole.calls.length} calls went into the hole`)
})

t.test('a prompt that kills the whole process each time is found out', async t => {
  let dead = false
  const open = new Set<ServerResponse>()
  const fake = await loopback(
    ({ body }, response) => {
      open.add(response)
      if (body.messages[0].content === 'poison') {
        dead = true
        for (const each of open) each.socket?.destroy()
        open.clear()
        // Its supervisor starts it again at once, but a look in between finds it gone.
        return
      }
      setImmediate(() => open.delete(response) && send(response, ok))
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
  const { model } = await connect(t, [fake.url], { retries: 1 })
  const neighbours = [1, 2, 3].map(rank => model.call(ask('good', rank)))
  t.match(await model.call(ask('poison')), {
    ok: false,
    code: 'poison_prompt',
    message: /died of this prompt, alone with it/,
  })
  for (const outcome of await Promise.all(neighbours)) t.match(outcome, { ok: true })
})

t.test(
  'with no server for the whole deadline, calls end and the user is told',
  async t => {
    const servers = await simulated(t, 2, { time: 5 })
    const told: Failure[] = []
    const { model, log } = await connect(
      t,
      servers.map(({ url }) => url),
      { deadlineMs: 1500, onLost: failure => told.push(failure) },
    )
    const calls = many(20).map(call => model.call(call))
    await Promise.all(servers.map(server => server.die()))
    for (const outcome of await Promise.all(calls))
      t.match(outcome, { ok: false, code: 'unreachable', message: /waited 1\.5 s/ })
    t.match(told, [{ code: 'servers_lost', exitCode: 1, message: /all 2 model servers/ }])
    t.match(log.at(-1), /all 2 model servers are out/)
    t.match(await model.call(ask()), { code: 'unreachable' }, 'later calls do not wait')
  },
)

t.test('a replica that is down at the start joins when it comes', async t => {
  const [up, late] = await simulated(t, 2)
  if (!up || !late) throw new Error('no servers')
  await late.die({ exitMs: 0 })
  const { model, log, until } = await connect(t, [late.url, up.url])
  t.match(log, [new RegExp(`^${late.url}: not there yet`)])
  t.match(await model.call(ask()), { ok: true })
  await late.revive()
  await until(/back after/)
  await Promise.all(many(20).map(call => model.call(call)))
  t.ok(late.stats.sequences > 0)
})

t.test('one that comes back with another model stays out', async t => {
  const [up] = await simulated(t, 1)
  const first = await simulate()
  const { model, log, until } = await connect(t, [up?.url ?? '', first.url])
  await first.close()
  const calls = many(20).map(call => model.call(call))
  await until(/: out /)
  await Promise.all(calls)
  const other = await simulate({ model: 'other', port: first.port })
  t.teardown(() => other.close())
  await until(/there again, but it serves other and not simulated/)
  // Looked at once more, and not told of again.
  while ((other.stats.calls['/v1/models'] ?? 0) < 2)
    await new Promise(resolve => setTimeout(resolve, 5))
  t.equal(log.filter(line => /there again/.test(line)).length, 1)
  for (const outcome of await Promise.all(many(20).map(call => model.call(call))))
    t.match(outcome, { ok: true })
  t.match(
    model.stats().servers.find(({ url }) => url === other.url),
    { out: /serves other and not simulated/ },
  )
})

t.test('replicas that serve different models are refused, and named', async t => {
  const [a] = await simulated(t, 1)
  const [b] = await simulated(t, 1, { model: 'other' })
  await t.rejects(vllm({ urls: [a?.url ?? '', b?.url ?? ''] }), {
    code: 'usage',
    message: new RegExp(`${a?.url} has simulated, ${b?.url} has other`),
  })
})

t.test('a retry is not passed by all that wait behind it', async t => {
  const arrived: string[] = []
  const failed = new Set<string>()
  const answer = ({ body }: { body: any }, response: ServerResponse): void => {
    const { content } = body.messages[0]
    arrived.push(content)
    if (Number(content) >= 8 || failed.has(content)) return send(response, ok)
    failed.add(content)
    send(response, failure(500, 'not now'), 500)
  }
  const fakes = [await loopback(answer), await loopback(answer)]
  t.teardown(() => Promise.all(fakes.map(fake => fake.close())))
  const { model } = await connect(
    t,
    fakes.map(({ url }) => url),
    { concurrency: 2 },
  )
  t.ok((await Promise.all(many(600).map(call => model.call(call)))).every(({ ok }) => ok))
  const last = Math.max(...[...failed].map(content => arrived.lastIndexOf(content)))
  t.ok(last < 300, `the last retry came as ${last} of ${arrived.length}`)
})

t.test('a server that two groups share has one limit', async t => {
  const open: ServerResponse[] = []
  const fake = await loopback((_, response) => void open.push(response))
  const other = await loopback((_, response) => send(response, ok))
  t.teardown(() => Promise.all([fake.close(), other.close()]))
  const only = { urls: [fake.url] }
  const roles = await connectRoles({
    urls: [fake.url, other.url],
    concurrency: 2,
    roles: { judge: only },
  })
  t.teardown(() => roles.abort())
  t.match(roles.stats(), { limit: 4, servers: [{}, {}] })
  t.equal(roles.stats().servers.length, 2)
  const judged = [0, 1, 2].map(rank => roles.judge.call(ask('judge', rank)))
  while (open.length < 2) await new Promise(setImmediate)
  const composed = Array.from({ length: 4 }, (_, i) => roles.compose.call(ask('x', i)))
  for (const outcome of await Promise.all(composed)) t.match(outcome, { ok: true })
  t.equal(fake.calls.length, 2, 'no more than its limit, whoever asks')
  const [first] = open
  if (first) send(first, ok)
  await judged[0]
  while (open.length < 3) await new Promise(setImmediate)
  for (const response of open.slice(1)) send(response, ok)
  for (const outcome of await Promise.all(judged)) t.match(outcome, { ok: true })
})

t.test('a free place goes to a call whose record is at home there', async t => {
  const seen: { [name: string]: { rank: number; response: ServerResponse }[] } = {}
  const held = (name: string) => {
    const calls = (seen[name] = [] as { rank: number; response: ServerResponse }[])
    return loopback(({ body }, response) => {
      calls.push({ rank: Number(body.messages[0].content), response })
    })
  }
  const fakes = [await held('a'), await held('b')]
  const { model } = await connect(
    t,
    fakes.map(({ url }) => url),
    { concurrency: 1 },
  )
  t.teardown(() => Promise.all(fakes.map(fake => fake.close())))
  const reached = async (name: string, count: number) => {
    while ((seen[name]?.length ?? 0) < count) await new Promise(setImmediate)
    return seen[name]?.at(-1)?.rank ?? -1
  }
  const calls = Array.from({ length: 80 }, (_, rank) => model.call(ask(`${rank}`, rank)))
  await reached('a', 1)
  await reached('b', 1)
  for (let count = 1; count < 12; count++) {
    const open = seen['a']?.[count - 1]
    if (open) send(open.response, ok)
    await reached('a', count + 1)
  }
  // b was busy all the while: only what is at home at a, or all there is, went to a.
  const picker = new EndpointPicker(
    fakes.map(({ url }) => new Endpoint(parseAddress(url), { concurrency: 1 })),
  )
  const atHome = seen['a']?.slice(1).filter(({ rank }) => {
    return picker.homeOf(rank)?.address.shown === fakes[0]?.url
  })
  t.equal(atHome?.length, 11)
  model.abort()
  await Promise.all(calls)
})
