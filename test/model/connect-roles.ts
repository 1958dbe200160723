import t, { type Test } from 'tap'
import {
  completion,
  loopback,
  type LoopbackOptions,
  send,
} from '../../fixtures/loopback.js'
import { connectRoles } from '../../lib/model/connect-roles.js'
import type { ConnectOptions } from '../../lib/model/options.js'

const serve = async (t: Test, options: LoopbackOptions = {}) => {
  const fake = await loopback(
    (_, response) => send(response, completion({ text: 'fine' })),
    options,
  )
  t.teardown(() => fake.close())
  return fake
}
const connect = async (t: Test, options: ConnectOptions) => {
  const roles = await connectRoles({ startWaitMs: 0, ...options })
  t.teardown(() => roles.close())
  return roles
}
const call = {
  label: 'x',
  rank: 0,
  messages: [{ role: 'user' as const, content: 'Hi' }],
  sampling: { temperature: 0, topP: 1, maxTokens: 8 },
}

t.test('roles on one server share its limit and are asked about once', async t => {
  const { url, others } = await serve(t)
  const roles = await connect(t, { urls: [url], concurrency: 3 })
  await Promise.all([roles.generate.call(call), roles.judge.call(call)])
  t.match(roles.stats(), {
    limit: 3,
    inFlight: 0,
    calls: { x: 2 },
    tokens: { prompt: 14 },
  })
  t.match(roles.judge.stats(), { calls: { x: 1 } })
  t.strictSame(others.map(({ path }) => path).sort(), [
    '/v1/chat/completions',
    '/v1/models',
    '/version',
  ])
})

t.test('roles with other models on the same server still share it', async t => {
  const { url, calls } = await serve(t, { models: [{ id: 'a' }, { id: 'b' }] })
  const roles = await connect(t, {
    urls: [url],
    model: 'a',
    extraBody: { top_k: 5 },
    roles: { judge: { model: 'b', extraBody: { top_k: 1 } } },
  })
  await roles.compose.call(call)
  await roles.judge.call(call)
  t.match(
    calls.map(({ body }) => body),
    [
      { model: 'a', top_k: 5 },
      { model: 'b', top_k: 1 },
    ],
  )
  t.equal(roles.stats().limit, 64)
})

t.test('a role with a server of its own inherits neither key nor model', async t => {
  const [base, judge] = [
    await serve(t),
    await serve(t, { models: [{ id: 'big' }] }),
  ] as const
  const roles = await connect(t, {
    urls: [base.url],
    model: 'm',
    apiKey: 'sk-base',
    roles: { judge: { urls: [judge.url] } },
  })
  await roles.judge.call(call)
  t.equal(roles.judge.name, 'big')
  for (const { headers } of [...judge.calls, ...judge.others])
    t.notOk(headers.authorization)
  t.equal(roles.stats().limit, 128)
})

t.test('a role without any server is named', async t => {
  const { url } = await serve(t)
  const only = { urls: [url] }
  await t.rejects(
    connectRoles({ roles: { compose: only, generate: only, judge: only } }),
    {
      code: 'no_model_server',
      exitCode: 2,
      message: /decompose/,
    },
  )
})

t.test('one bad role closes what was opened for the others', async t => {
  const { url } = await serve(t)
  await t.rejects(connectRoles({ urls: [url], roles: { judge: { model: 'nope' } } }), {
    code: 'usage',
    message: /nope/,
  })
})

t.test('closing one role leaves the others their server', async t => {
  const { url } = await serve(t)
  const roles = await connect(t, { urls: [url] })
  await roles.decompose.close()
  t.match(await roles.decompose.call(call), { code: 'aborted' })
  t.match(await roles.compose.call(call), { ok: true })
  roles.abort()
  t.match(await roles.compose.call(call), { code: 'aborted' })
})
