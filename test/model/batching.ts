import t, { type Test } from 'tap'
import { connected } from '../../fixtures/connected.js'
import {
  type Answerer,
  completion,
  failure,
  loopback,
  type LoopbackOptions,
  send,
} from '../../fixtures/loopback.js'
import { runProgram } from '../../fixtures/run-program.js'
import { chatCall, textCall } from '../../fixtures/waiting-calls.js'
import { simulate } from '../../fixtures/vllm/simulate.js'
import type { Model, ModelCall, Outcome } from '../../lib/model/model.js'
import type { VllmOptions } from '../../lib/model/options.js'
import { vllm } from '../../lib/model/vllm.js'

const corpus = 'fixtures/samples/query.jsonl'
const chatPath = '/v1/chat/completions'
const batchPath = '/v1/chat/completions/batch'
const textPath = '/v1/completions'

const texts = (outcomes: Outcome[]) =>
  outcomes.map(outcome => (outcome.ok ? outcome.choices[0]?.text : outcome.code))
const askAll = (model: Model, calls: ModelCall[]) =>
  Promise.all(calls.map(call => model.call(call)))
const prompts = (count: number) =>
  Array.from({ length: count }, (_, i) => `Count to ${i}.`)

/** A server whose answers the test writes itself. */
const serve = async (
  t: Test,
  answer: Answerer,
  options: Partial<VllmOptions> = {},
  server: LoopbackOptions = {},
) => {
  const fake = await loopback(answer, server)
  const model = await vllm({ urls: [fake.url], backoffMs: 1, batch: 16, ...options })
  t.teardown(async () => {
    model.abort()
    await fake.close()
  })
  return { fake, model, paths: () => fake.calls.map(({ path }) => path) }
}
/** One answer for each conversation, saying it back. */
const echo: Answerer = ({ path, body }, response) =>
  send(
    response,
    completion(
      ...(path === batchPath ? body.messages : [body.messages]).map((turns: any) => ({
        text: turns[0].content,
      })),
    ),
  )

t.test('calls that share a request get the texts they would get alone', async t => {
  const { server, model } = await connected(t, { batch: 16 })
  const single = await vllm({ urls: [server.url], batch: 'off' })
  t.teardown(() => single.close())
  const seeded = { sampling: { seed: 7, maxTokens: 64 } }
  const works: [string, ModelCall[], string][] = [
    ['chats', prompts(20).map(prompt => chatCall(prompt, seeded)), batchPath],
    ['list', prompts(20).map(prompt => textCall(prompt, seeded)), textPath],
    [
      'samples',
      [7, 8, 9, 10, 11].map(seed =>
        chatCall('Hi', { sampling: { seed, maxTokens: 64 } }),
      ),
      chatPath,
    ],
    [
      'judges',
      prompts(20).map((prompt, i) =>
        chatCall(prompt, {
          sampling: { temperature: 0, seed: i, maxTokens: 64 },
          schema: { name: 's', schema: { type: 'object' } },
        }),
      ),
      batchPath,
    ],
  ]
  for (const [name, calls, path] of works) {
    const before = server.requests.length
    const together = texts(await askAll(model, calls))
    const requests = server.requests.slice(before)
    t.ok(
      requests.length < calls.length && requests.some(seen => seen.path === path),
      name,
    )
    t.strictSame(together, texts(await askAll(single, calls)), name)
  }
})

t.test('a seeded run gives the same rows, however its calls are sent', async t => {
  const server = await simulate({ passRate: 0.6 })
  t.teardown(() => server.close())
  const rowsOf = async (batch: string) => {
    const before = server.requests.length
    const args = ['run', '--base-url', server.url, '--seed', '1', '--batch', batch]
    const { rows, summary } = await runProgram([...args, corpus])
    const shared = server.requests
      .slice(before)
      .filter(({ path, body }) => path === batchPath || body?.['n'] !== undefined)
    const sorted = rows.map(row => JSON.stringify(row)).sort()
    return { rows: sorted, calls: summary.calls, shared: shared.length }
  }
  const apart = await rowsOf('off')
  const together = await rowsOf('16')
  t.ok(apart.rows.length > 0)
  t.strictSame(together.rows, apart.rows)
  t.strictSame(together.calls, apart.calls)
  t.equal(apart.shared, 0)
  t.ok(together.shared > 5, `${together.shared} requests were shared`)
})

t.test('one prompt that is too long fails alone, and costs no retry', async t => {
  const { server, model } = await connected(t, {
    batch: 16,
    retries: 0,
    server: { maxModelLen: 512 },
  })
  for (const call of [chatCall, textCall]) {
    await askAll(
      model,
      prompts(2).map(prompt => call(prompt)),
    )
    const calls = prompts(16).map(prompt => call(prompt))
    calls[11] = call('word '.repeat(1000))
    const outcomes = await askAll(model, calls)
    t.strictSame(
      outcomes.flatMap((outcome, i) => (outcome.ok ? [] : [[i, outcome.code]])),
      [[11, 'too_long']],
    )
  }
  t.ok(
    server.requests.filter(({ status }) => status === 200).length < 20,
    'the others went on sharing requests',
  )
})

t.test('a server without the batch route is asked for it once', async t => {
  const { server, model } = await connected(t, {
    batch: 16,
    concurrency: 16,
    server: { version: '0.18.0' },
  })
  const outcomes = await askAll(
    model,
    prompts(64).map(prompt => chatCall(prompt)),
  )
  t.ok(outcomes.every(({ ok }) => ok))
  t.equal(server.requests.filter(({ path }) => path === batchPath).length, 1)
})

t.test('a frontend that takes neither lists nor n is asked singly', async t => {
  const { server, model } = await connected(t, {
    batch: 16,
    server: { flavour: 'rust' },
  })
  for (const calls of [
    prompts(32).map(prompt => textCall(prompt)),
    [1, 2, 3, 4].map(seed => chatCall('Hi', { sampling: { seed } })),
  ])
    t.ok((await askAll(model, calls)).every(({ ok }) => ok))
  await askAll(
    model,
    prompts(16).map(prompt => textCall(prompt)),
  )
  const lists = server.requests.filter(({ body }) => Array.isArray(body?.['prompt']))
  t.equal(lists.length, 3, 'two of ours at once, and the question if any is taken')
})

t.test('a server that reads over n gives its one answer to one call', async t => {
  const { model, fake } = await serve(t, ({ body }, response) =>
    send(response, completion({ text: `${body.seed}` })),
  )
  const calls = [1, 2, 3].map(seed => chatCall('Hi', { sampling: { seed } }))
  t.strictSame(texts(await askAll(model, calls)), ['1', '2', '3'])
  t.equal(fake.calls.length, 4)
})

t.test('an answer that mixes up its members is given to none of them', async t => {
  const { model } = await serve(t, ({ path, body }, response) => {
    const reply = completion(
      ...(path === batchPath ? body.messages : [body.messages]).map((turns: any) => ({
        text: turns[0].content,
      })),
    ) as { choices: { index: number }[] }
    for (const choice of reply.choices) if (choice.index === 2) choice.index = 0
    send(response, reply)
  })
  const calls = prompts(4).map(prompt => chatCall(prompt))
  t.strictSame(texts(await askAll(model, calls)), prompts(4))
})

t.test('sequences are counted, not requests', async t => {
  const { server, model } = await connected(t, {
    batch: 16,
    concurrency: 20,
    server: { time: 5 },
  })
  await askAll(
    model,
    prompts(100).map(prompt => chatCall(prompt)),
  )
  t.ok(server.requests.some(({ path }) => path === batchPath))
  t.ok(server.stats.peakRunning <= 20, `${server.stats.peakRunning} at once`)
})

t.test('left to itself, a long answer never waits for others', async t => {
  const { server, model } = await connected(t)
  const long = { sampling: { maxTokens: 64 } }
  await askAll(
    model,
    prompts(32).map(prompt => chatCall(prompt, long)),
  )
  t.notOk(server.requests.some(({ path }) => path === batchPath))
  await askAll(
    model,
    prompts(32).map(prompt => chatCall(prompt)),
  )
  t.ok(server.requests.some(({ path }) => path === batchPath))
})

t.test('a busy server is asked again for each call, by the ordinary rules', async t => {
  const { model, paths } = await serve(t, (seen, response, index) =>
    index === 0 ? send(response, failure(503, 'busy'), 503) : echo(seen, response, index),
  )
  const outcomes = await askAll(
    model,
    prompts(4).map(prompt => chatCall(prompt)),
  )
  t.strictSame(texts(outcomes), prompts(4))
  t.strictSame(
    outcomes.map(({ attempts }) => attempts),
    [2, 2, 2, 2],
  )
  t.strictSame(paths(), [batchPath, chatPath, chatPath, chatPath, chatPath])
})

t.test(
  'a group on a server that dies moves to the other one, with all its members',
  async t => {
    const [dying, other] = [await simulate({ time: 5 }), await simulate({ time: 5 })]
    const model = await vllm({
      urls: [dying.url, other.url],
      concurrency: 32,
      batch: 16,
      retries: 0,
      backoffMs: 1,
    })
    t.teardown(async () => {
      model.abort()
      await dying.close()
      await other.close()
    })
    const calls = prompts(200).map(prompt => model.call(chatCall(prompt)))
    await calls[40]
    await dying.die()
    t.ok((await Promise.all(calls)).every(({ ok }) => ok))
    t.equal(model.stats().inFlight, 0)
  },
)

t.test('one group that fails is one failure of its server, not one a member', async t => {
  const said: string[] = []
  const { model, fake } = await serve(
    t,
    (seen, response, index) =>
      index === 0 ? send(response, failure(502, 'no'), 502) : echo(seen, response, index),
    { retries: 1, log: line => said.push(line) },
  )
  const outcomes = await askAll(
    model,
    prompts(16).map(prompt => chatCall(prompt)),
  )
  t.strictSame(texts(outcomes), prompts(16))
  t.notOk(
    said.some(line => /failures in a row|is gone/.test(line)),
    'it was never out',
  )
  t.equal(fake.calls.length, 17)
})

t.test(
  'an abort cuts the request of a group, so that the server frees all of it',
  async t => {
    let cut = () => {}
    let arrived = () => {}
    const gone = new Promise<void>(done => (cut = done))
    const there = new Promise<void>(done => (arrived = done))
    const { model, paths } = await serve(t, (_seen, response) => {
      response.on('close', cut)
      arrived()
    })
    const outcomes = askAll(
      model,
      prompts(16).map(prompt => chatCall(prompt)),
    )
    await there
    t.match(model.stats(), { inFlight: 16, queued: 0 })
    model.abort()
    await gone
    t.ok(texts(await outcomes).every(code => code === 'aborted'))
    t.strictSame(paths(), [batchPath])
    t.equal(model.stats().inFlight, 0)
  },
)
