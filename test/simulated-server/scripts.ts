import t, { type Test } from 'tap'
import { ask, chat, structured } from '../../fixtures/ask.js'
import { simulate } from '../../fixtures/vllm/simulate.js'

const path = '/v1/chat/completions'
const start = async (t: Test) => {
  const server = await simulate()
  t.teardown(() => server.close())
  const content = async (body: object) =>
    (await ask(server.url, path, body)).json.choices.map(({ message }) => message.content)
  return { server, content }
}

t.test('a script is found by schema name or by text in the last message', async t => {
  const { server, content } = await start(t)
  server.script('ultraif_question', 'by schema')
  server.script('lighthouse', 'by text')
  server.script(/^What.*kite\?$/, 'by pattern')
  server.script({ schema: 'other', text: 'harbour' }, 'by both')
  server.script(({ headers }) => headers['x-test'] === '1', 'by predicate')
  t.same(await content(structured('ultraif_question', 'x')), ['by schema'])
  t.same(await content(chat('Tell of a lighthouse.')), ['by text'])
  t.same(await content(chat('What is a kite?')), ['by pattern'])
  t.same(await content(structured('other', 'a harbour')), ['by both'])
  t.not((await content(structured('other', 'a quay')))[0], 'by both')
  const told = await ask(server.url, path, chat('x'), { headers: { 'x-test': '1' } })
  t.equal(told.json.choices[0]?.message.content, 'by predicate')
})

t.test('one content for each choice, the last one for the rest', async t => {
  const { server, content } = await start(t)
  server.script(/x/, {
    content: ['first', 'second'],
    reasoning: 'hm',
    finish: 'repetition',
  })
  t.same(await content(chat('x', { n: 3 })), ['first', 'second', 'second'])
  const { choices } = (await ask(server.url, path, chat('x'))).json
  t.match(choices[0], { finish_reason: 'repetition', message: { reasoning: 'hm' } })
})

t.test('a whole body takes the place of the answer on any route', async t => {
  const { server } = await start(t)
  server.script({ path: '/version' }, { body: { version: '9.9.9' } })
  server.script(/x/, {
    status: 418,
    body: 'short and stout',
    type: 'text/plain',
    headers: { a: 'b' },
  })
  t.equal((await ask(server.url, '/version')).text, '{"version":"9.9.9"}')
  const told = await ask(server.url, path, chat('x'))
  t.match(told, { status: 418, text: 'short and stout', headers: { a: 'b' } })
})

t.test('a script serves as often as it says, the newest first', async t => {
  const { server, content } = await start(t)
  const always = server.script(/x/, 'always')
  const twice = server.script(/x/, 'twice', { times: 2 })
  t.same(await content(chat('x')), ['twice'])
  t.same(await content(chat('x')), ['twice'])
  t.same(await content(chat('x')), ['always'])
  t.equal(always.hits, 1)
  t.equal(twice.hits, 2)
  always.remove()
  t.not((await content(chat('x')))[0], 'always')
  server.script(/x/, 'more')
  server.clearScripts()
  t.not((await content(chat('x')))[0], 'more')
})

t.test('a script may decide when it is asked, or decline', async t => {
  const { server, content } = await start(t)
  server.script(/x/, ({ body }) => (body?.['seed'] === 7 ? 'seven' : undefined))
  t.same(await content(chat('x', { seed: 7 })), ['seven'])
  t.not((await content(chat('x', { seed: 8 })))[0], 'seven')
})

t.test('a rate is decided by the request, and a retry may fare better', async t => {
  const run = async (order: number[]): Promise<string[]> => {
    const { server } = await start(t)
    server.script(/./, { fault: 'busy' }, { rate: 0.3 })
    const statuses: string[] = []
    for (const number of order) {
      const first = await ask(server.url, path, chat(`number ${number}`))
      const again = await ask(server.url, path, chat(`number ${number}`))
      statuses.push(`${number}: ${first.status} ${again.status}`)
    }
    return statuses.sort()
  }
  const order = Array.from({ length: 60 }, (_, index) => index)
  const one = await run(order)
  t.same(await run(order.toReversed()), one, 'the order of arrival does not matter')
  const struck = one.filter(line => line.includes(': 503')).length
  t.ok(struck > 8 && struck < 30, `${struck} of 60`)
  t.ok(
    one.some(line => line.endsWith('503 200')),
    'some retries succeed',
  )
})

t.test('the log tells what was asked and answered', async t => {
  const { server } = await start(t)
  await ask(server.url, path, structured('s', 'hello', { seed: 4 }))
  await ask(server.url, '/v1/nope', {})
  const [first, second] = server.requests
  t.match(first, {
    number: 0,
    method: 'POST',
    path,
    schema: 's',
    text: 'hello',
    status: 200,
  })
  t.equal(first?.body?.['seed'], 4)
  t.match(second, { number: 1, path: '/v1/nope', status: 404 })
  t.same(server.stats.calls, { [path]: 1, '/v1/nope': 1 })
})

t.test('the log keeps no more than it is told to', async t => {
  const server = await simulate({ logLimit: 5 })
  t.teardown(() => server.close())
  for (let index = 0; index < 23; index++) await ask(server.url, '/version')
  t.ok(server.requests.length >= 5 && server.requests.length <= 10)
  t.equal(server.requests.at(-1)?.number, 22)
})
