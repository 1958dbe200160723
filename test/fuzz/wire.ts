import { strict as assert } from 'node:assert'
import fc, { type Arbitrary } from 'fast-check'
import { rejectCodes } from '../../lib/codes.js'
import { isWellFormed } from '../../lib/jsonl/well-formed.js'
import { failedByStatus, retryAfterMsOf } from '../../lib/model/attempt.js'
import { gaugesIn } from '../../lib/model/gauges.js'
import { listedModels } from '../../lib/model/read-server.js'
import { splitThoughts } from '../../lib/model/reasoning.js'
import { readServerError } from '../../lib/model/server-error.js'
import { readReply } from '../../lib/model/wire.js'
import type { Property } from './property.js'
import { anyJson, anyText, damaged } from './texts.js'

const orOdd = (text: Arbitrary<string>): Arbitrary<string> =>
  fc.oneof({ weight: 4, arbitrary: text }, { weight: 1, arbitrary: anyJson })

const quoted = anyText.map(text => JSON.stringify(text))
const choice = fc
  .tuple(
    orOdd(quoted),
    orOdd(quoted),
    orOdd(fc.constantFrom('"stop"', '"abort"', 'null')),
  )
  .map(
    ([content, reasoning, finish]) =>
      `{"text":${content},"message":{"content":${content},"reasoning":${reasoning}},"finish_reason":${finish}}`,
  )
const completion = fc
  .tuple(fc.array(choice, { maxLength: 3 }), orOdd(fc.integer().map(String)))
  .map(
    ([choices, tokens]) =>
      `{"choices":[${choices.join()}],"usage":{"prompt_tokens":${tokens},"completion_tokens":${tokens}}}`,
  )
const anyBody = fc.oneof(completion, damaged(completion), anyJson, anyText)

export const replies: Property = {
  name: 'wire',
  promises:
    'every body with status 200 is as many answers as were asked for, or a failure that says why',
  share: 4,
  property: fc.property(
    anyBody,
    fc.integer({ min: 1, max: 3 }),
    fc.boolean(),
    (body, n, chat) => {
      const asked = { shown: 'POST x', n, chat, json: n === 1, thinkingOff: n === 2 }
      const reading = readReply(body, asked)
      if (reading.failure) {
        const { failure } = reading
        assert.ok(Object.hasOwn(rejectCodes, failure.code))
        assert.ok(failure.message.startsWith('POST x: '))
        return
      }
      const { choices, usage } = reading
      assert.equal(choices.length, n)
      for (const { text, finish, reasoning = '' } of choices)
        assert.ok([text, finish, reasoning].every(isWellFormed))
      assert.ok(
        Object.values(usage).every(count => Number.isSafeInteger(count) && count >= 0),
      )
    },
  ),
}

const errorBody = fc.oneof(
  anyText,
  anyJson,
  fc
    .tuple(quoted, orOdd(quoted))
    .map(([m, c]) => `{"error":{"message":${m},"code":${c}}}`),
  quoted.map(detail => `{"detail":[{"loc":["body",1],"msg":${detail}}]}`),
  anyText.map(title => `<html><title>${title}</title></html>`),
)

export const errors: Property = {
  name: 'server-errors',
  promises: 'every error body is a code of ours and one line',
  share: 4,
  property: fc.property(
    errorBody,
    fc.integer({ min: 300, max: 599 }),
    anyText,
    (text, status, header) => {
      const { message } = readServerError(status, text)
      assert.ok(message.length <= 501)
      assert.doesNotMatch(message, /[\u0000-\u001f\u007f-\u009f]/)
      const answer = { status, text, retryAfter: header, location: header }
      const failure = failedByStatus('GET x', answer)
      assert.ok(Object.hasOwn(rejectCodes, failure.code))
      assert.doesNotMatch(failure.message, /[\n\r]/)
      const ms = retryAfterMsOf(header)
      assert.ok(ms === undefined || ms >= 0)
    },
  ),
}

const gauge = fc
  .tuple(
    fc.constantFrom(
      'num_requests_running',
      'num_requests_waiting',
      'kv_cache_usage_perc',
      'cache_config_info',
      'num_preemptions_total',
    ),
    fc.oneof(
      fc.constantFrom(
        '{model_name="m"}',
        '{engine="0",block_size="16",num_gpu_blocks="7"}',
        '',
      ),
      anyText.map(text => `{model_name="${text}"}`),
    ),
    fc.oneof(fc.constantFrom('1', '0.5', 'NaN', '+Inf', '-3', '1e300'), anyText),
  )
  .map(([name, labels, value]) => `vllm:${name}${labels} ${value}\n`)

export const gauges: Property = {
  name: 'gauges',
  promises: 'every page of gauges gives finite numbers, or none',
  share: 2,
  property: fc.property(damaged(fc.array(gauge).map(all => all.join(''))), text => {
    const found = gaugesIn(text, 'm') ?? {}
    for (const [name, value] of Object.entries(found))
      assert.ok(Number.isFinite(value), `${name} ${value}`)
  }),
}

export const thoughts: Property = {
  name: 'thoughts',
  promises:
    'what is split is the text again, but for its tags and the white space at its edges',
  share: 2,
  property: fc.property(anyText, anyJson, (text, json) => {
    const { text: answer, reasoning = '' } = splitThoughts(text)
    assert.ok(text.includes(answer) && text.includes(reasoning))
    const models = listedModels({ status: 200, text: json }) ?? []
    for (const { id } of models) assert.equal(typeof id, 'string')
  }),
}
