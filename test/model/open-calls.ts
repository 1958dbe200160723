/** What a model says of its open calls, for people who wonder why nothing moves. */
import t from 'tap'
import { completion, loopback, send } from '../../fixtures/loopback.js'
import { until } from '../../fixtures/until.js'
import { connectRoles } from '../../lib/model/connect-roles.js'
import type { ModelCall } from '../../lib/model/model.js'

const ask = (content: string, rank: number): ModelCall => ({
  label: 'test',
  rank,
  messages: [{ role: 'user', content }],
  sampling: { temperature: 1, topP: 1, maxTokens: 64 },
})

t.test('each says where it is, for how long, and over roles it is told once', async t => {
  const fake = await loopback(({ body }, response) => {
    if (body.messages[0].content === 'fails')
      send(response, 'later', 503, { 'retry-after': '30' })
  })
  const url = fake.url.replace('//', '//user:secret@')
  const model = await connectRoles({ urls: [url], concurrency: 1 })
  t.teardown(async () => {
    model.abort()
    await fake.close()
  })
  const calls = [
    model.judge.call(ask('fails', 1)),
    model.generate.call(ask('hangs', 2)),
    model.judge.call(ask('waits', 3)),
  ]
  await until(() => fake.calls.length === 2)
  const open = model.openCalls().toSorted((a, b) => a.rank - b.rank)
  t.match(open, [
    { label: 'test', rank: 1, state: 'backing off', attempts: 1, url: fake.url },
    { rank: 2, state: 'in flight', attempts: 1, url: fake.url },
    { rank: 3, state: 'queued', attempts: 0, url: undefined },
  ])
  for (const { ms } of open) t.ok(ms >= 0 && ms < 60_000)
  t.same(model.judge.openCalls?.().length, 3)
  model.abort()
  await Promise.all(calls)
  t.same(model.openCalls(), [])
  t.equal(model.stats().ended, 3)
})

t.test('a call that ended is counted, whatever came of it', async t => {
  const fake = await loopback((_seen, response, index) =>
    index === 0
      ? send(response, completion({ text: 'fine' }))
      : send(response, 'no', 400),
  )
  const model = await connectRoles({ urls: [fake.url] })
  t.teardown(async () => {
    await model.close()
    await fake.close()
  })
  await model.judge.call(ask('a', 1))
  await model.judge.call(ask('b', 2))
  t.match(model.stats(), { ended: 2, failed: 1 })
})
