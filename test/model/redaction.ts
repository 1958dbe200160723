import t from 'tap'
import { loopback, send } from '../../fixtures/loopback.js'
import { vllm } from '../../lib/model/vllm.js'

t.test('a key that a proxy quotes in its error is neither shown nor kept', async t => {
  const fake = await loopback(({ headers }, response) =>
    send(response, { error: { message: `bad key ${headers.authorization}` } }, 401),
  )
  const model = await vllm({ urls: [fake.url], apiKey: 'SECRET123' })
  t.teardown(async () => {
    await model.close()
    await fake.close()
  })
  const outcome = await model.call({
    label: 'ask',
    rank: 0,
    messages: [{ role: 'user', content: 'Hi' }],
    sampling: { temperature: 0, topP: 1, maxTokens: 8 },
  })
  t.match(outcome, { ok: false, code: 'unauthorized', message: /bad key Bearer \[key\]/ })
  t.notMatch(JSON.stringify(outcome), /SECRET123/)
})
