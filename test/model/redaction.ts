import type { ServerResponse } from 'node:http'
import t, { type Test } from 'tap'
import { completion, loopback, send } from '../../fixtures/loopback.js'
import { chatCall } from '../../fixtures/waiting-calls.js'
import { vllm } from '../../lib/model/vllm.js'

/** What a call comes to on a server that answers with what `answer` makes of the key it was sent. */
const outcomeOf = async (
  t: Test,
  answer: (authorization: string, response: ServerResponse) => void,
  {
    url = (plain: string) => plain,
    ...key
  }: { url?: (plain: string) => string; apiKey?: string },
) => {
  const fake = await loopback(({ headers }, response) =>
    answer(headers.authorization ?? '', response),
  )
  const model = await vllm({ urls: [url(fake.url)], ...key })
  t.teardown(async () => {
    await model.close()
    await fake.close()
  })
  return model.call(chatCall('Hi'))
}

const apiKey = 'SECRET123'

t.test('a key that a proxy quotes in its error is neither shown nor kept', async t => {
  const outcome = await outcomeOf(
    t,
    (key, response) => send(response, { error: { message: `bad key ${key}` } }, 401),
    { apiKey },
  )
  t.match(outcome, { ok: false, code: 'unauthorized', message: /bad key Bearer \[key\]/ })
  t.notMatch(JSON.stringify(outcome), /SECRET123/)
})

t.test('nor one that it quotes in an error of status 200, or in no JSON', async t => {
  for (const body of [
    (key: string) => ({ error: { message: key } }),
    (key: string) => key,
  ]) {
    const outcome = await outcomeOf(t, (key, response) => send(response, body(key)), {
      apiKey,
    })
    t.match(outcome, { ok: false, raw: /\[key\]/ })
    t.notMatch(JSON.stringify(outcome), /SECRET123/)
  }
})

t.test('nor one that stands in the place it redirects to', async t => {
  const outcome = await outcomeOf(
    t,
    (key, response) =>
      send(response, '', 302, { location: `https://ann:pw@b/?key=${key}` }),
    { apiKey },
  )
  t.match(outcome, { ok: false, message: /redirected to https:\/\/b\/\?key=/ })
  t.notMatch(JSON.stringify(outcome), /SECRET123|ann|pw/)
})

t.test('nor the password of its URL, in clear or as the header holds it', async t => {
  const outcome = await outcomeOf(
    t,
    (key, response) =>
      send(response, { error: `${key} is ${Buffer.from(key.slice(6), 'base64')}` }, 403),
    { url: plain => plain.replace('//', '//ann:p%40ss@') },
  )
  t.match(outcome, { ok: false, message: /Basic \[key\] is \[key\]/ })
  t.notMatch(JSON.stringify(outcome), /p@ss|YW5u/)
})

t.test('a good answer keeps the word that happens to be the key', async t => {
  const outcome = await outcomeOf(
    t,
    (_, response) => send(response, completion({ text: 'The list is EMPTY.' })),
    { apiKey: 'EMPTY' },
  )
  t.match(outcome, { ok: true, choices: [{ text: 'The list is EMPTY.' }] })
})
