import t, { type Test } from 'tap'
import { type Answerer, loopback } from '../../fixtures/loopback.js'
import { chatCall } from '../../fixtures/waiting-calls.js'
import { vllm } from '../../lib/model/vllm.js'

/** A server without gauges, so that the limit starts at 64, and with groups of up to `batch`. */
const late = async (t: Test, batch: number, answer: Answerer = () => {}) => {
  const fake = await loopback(answer)
  const said: string[] = []
  const log = (line: string) => void said.push(line)
  const model = await vllm({ urls: [fake.url], batch, deadlineMs: 150, log })
  t.teardown(async () => {
    model.abort()
    await fake.close()
  })
  const ask = (count: number) =>
    Promise.all(
      Array.from({ length: count }, (_, i) => model.call(chatCall(`Count to ${i}.`))),
    )
  return { fake, model, ask, said }
}

t.test('a group that misses its deadline is one call late, not one a member', async t => {
  const { fake, model, ask, said } = await late(t, 48)
  const outcomes = await ask(48)
  t.ok(outcomes.every(outcome => !outcome.ok && outcome.code === 'deadline'))
  t.equal(fake.calls.length, 1)
  t.match(model.stats().servers, [{ limit: 64, reason: /^fixed/, out: undefined }])
  t.notOk(
    said.some(line => /in a row/.test(line)),
    'the server was never out',
  )
})

t.test('several groups that miss their deadlines are a server with too much', async t => {
  const { fake, model, ask } = await late(t, 32)
  await ask(64)
  t.match(model.stats().servers, [{ limit: 64 }], 'two are accidents')
  for (let i = 0; i < 2; i++) await ask(64)
  t.equal(fake.calls.length, 6)
  t.match(model.stats().servers, [{ limit: 24, reason: /deadlines missed/ }])
})
