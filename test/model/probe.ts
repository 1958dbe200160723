import t, { type Test } from 'tap'
import { completion, loopback, send } from '../../fixtures/loopback.js'
import { simulate, type SimulateOptions } from '../../fixtures/vllm/simulate.js'
import { probe } from '../../lib/model/probe.js'

const server = async (t: Test, options: SimulateOptions = {}) => {
  const simulated = await simulate(options)
  t.teardown(() => simulated.close())
  return simulated
}

t.test('a vLLM is found to be all that it is', async t => {
  const { url } = await server(t, { version: '0.32.0', maxModelLen: 2048 })
  t.match(await probe({ url: `${url}/v1` }), {
    url,
    version: '0.32.0',
    model: 'simulated',
    maxModelLen: 2048,
    chat: true,
    samples: true,
    jsonSchema: 'honoured',
    reasoning: 'none',
    promptLists: true,
    batchChat: true,
    metrics: true,
    settings: { concurrency: 64, structured: true },
    notes: [/2048 tokens is short/],
  })
})

t.test('an older vLLM lacks the batch route', async t => {
  const { url } = await server(t, { version: '0.18.0' })
  t.match(await probe({ url }), {
    version: '0.18.0',
    batchChat: false,
    promptLists: true,
  })
})

t.test('the Rust frontend takes neither lists nor several samples', async t => {
  const { url } = await server(t, { flavour: 'rust' })
  t.match(await probe({ url }), {
    chat: true,
    samples: false,
    promptLists: false,
    batchChat: false,
    notes: [/n=1/],
  })
})

t.test('another server is used for what it has', async t => {
  const { url } = await server(t, { flavour: 'plain' })
  t.match(await probe({ url }), {
    version: undefined,
    chat: true,
    batchChat: false,
    metrics: false,
  })
})

t.test(
  'a model that thinks, and one whose parser takes all for thought, are told apart',
  async t => {
    const thinks = await loopback((_, response) =>
      send(
        response,
        completion({ text: 'Hello', reasoning: 'Hm' }, { text: 'Hi', reasoning: 'Hm' }),
      ),
    )
    const swallows = await loopback((_, response) =>
      send(
        response,
        completion({ text: null, reasoning: 'Hello' }, { text: null, reasoning: 'Hi' }),
      ),
    )
    t.teardown(async () => {
      await thinks.close()
      await swallows.close()
    })
    t.match(await probe({ url: thinks.url }), {
      reasoning: 'apart',
      notes: [/thinks before/],
    })
    t.match(await probe({ url: swallows.url }), {
      reasoning: 'swallowed',
      notes: [/enable_thinking/],
    })
  },
)

t.test('a server that answers no chat is described all the same', async t => {
  const broken = await loopback((_, response) => send(response, { error: 'no GPU' }, 500))
  t.teardown(() => broken.close())
  t.match(await probe({ url: broken.url }), {
    chat: false,
    promptLists: false,
    notes: [/500 no GPU/, /500 no GPU/],
  })
})

t.test('a server that is not there is a failure, as for a run', async t => {
  const gone = await loopback(() => {})
  await gone.close()
  await t.rejects(probe({ url: gone.url, startWaitMs: 0 }), {
    code: 'server_unreachable',
  })
})
