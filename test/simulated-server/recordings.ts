import t, { type Test } from 'tap'
import { type Exchange, recorded, resend } from '../../fixtures/recorded.js'
import { shape } from '../../fixtures/shape.js'
import { simulate } from '../../fixtures/vllm/simulate.js'

const servers = [
  { folder: 'vllm-0.32.0', version: '0.32.0', model: 'smollm2', maxModelLen: 2048 },
  { folder: 'vllm-0.30.0', version: '0.30.0', model: 'smollm2', maxModelLen: 2048 },
  { folder: 'vllm-0.26.0', version: '0.26.0', model: 'm', maxModelLen: 8192 },
]
/** Not served: scoring is no part of what this project asks of a server. */
const unserved = new Set(['score'])

for (const { folder, ...options } of servers)
  t.test(`answers the requests recorded from ${folder} as it did`, async t => {
    const server = await simulate(options)
    t.teardown(() => server.close())
    for (const exchange of recorded(folder))
      if (!unserved.has(exchange.probe))
        await t.test(exchange.probe, async t => same(t, server.url, exchange))
  })

const same = async (t: Test, url: string, exchange: Exchange): Promise<void> => {
  const { status, headers, body } = exchange.response
  const got = await resend(url, exchange)
  t.equal(got.status, status, 'status')
  for (const [name, value] of Object.entries(headers))
    t.equal(got.headers[name], value, `header ${name}`)
  t.notOk('keep-alive' in got.headers, 'no Keep-Alive header')
  if (exchange.bodyCut) return
  if (status >= 400) t.same(got.body, body, 'error body')
  else if (typeof body === 'string' && body.startsWith('data: '))
    t.same(events(String(got.body)), events(body), 'shapes of the events')
  else t.same(trimmed(got.body), trimmed(body), 'shape of the body')
}

/** What depends on the generated text is left out: its tokens, and which stop string ended it. */
const trimmed = (body: unknown): unknown => {
  const copy: unknown = JSON.parse(JSON.stringify(body), (name, value: unknown) => {
    if (name === 'stop_reason') return null
    if (name === 'top_logprobs') return typeof value
    return Array.isArray(value) && name !== 'choices' ? value.slice(0, 1) : value
  })
  return shape(copy)
}

/** Kinds of events in the order in which they first come. */
const events = (text: string): unknown[] => [
  ...new Set(
    text
      .split('\n\n')
      .filter(Boolean)
      .map(event => event.slice('data: '.length))
      .map(data => (data === '[DONE]' ? data : JSON.stringify(shape(JSON.parse(data))))),
  ),
]
