import t from 'tap'
import { jsonText, shared } from '../../lib/model/shared-json.js'

const bodies: { [name: string]: object } = {
  'a chat': {
    model: 'm',
    messages: [
      { role: 'system', content: 'Say "yes" …' },
      { role: 'user', content: '\u2028 \ud800 \n' },
    ],
    temperature: 0.7,
    seed: undefined,
  },
  'fields of any kind': {
    list: [1, undefined, null, [true, { a: undefined }]],
    date: new Date(0),
    none: null,
    deep: { a: { b: { c: { d: { e: [1] } } } } },
    call: () => {},
    '"': { '\n': NaN },
  },
  nothing: {},
}

for (const [name, body] of Object.entries(bodies))
  t.test(`the text of ${name} is that of JSON.stringify`, async t => {
    t.equal(jsonText(body), JSON.stringify(body))
  })

t.test('what is shared stands in the text as it is, wherever it is', async t => {
  const schema = shared({ type: 'object', properties: { why: { maxLength: 4 } } })
  const opening = shared({ role: 'system', content: 'You check.' })
  const body = {
    messages: [opening, { role: 'user', content: 'A' }],
    response_format: { type: 'json_schema', json_schema: { name: 'a', schema } },
  }
  t.equal(jsonText(body), JSON.stringify(body))
  t.equal(jsonText(schema), JSON.stringify(schema))
})

t.test('what is shared cannot be changed behind its text', async t => {
  const schema = shared({ properties: { why: { maxLength: 4 } } })
  t.throws(() => (schema.properties.why.maxLength = 5), TypeError)
})

t.test('what JSON cannot hold fails as it does there', async t => {
  t.throws(() => jsonText({ n: 1n }), TypeError)
  const cycle: { [key: string]: unknown } = {}
  cycle['self'] = cycle
  t.throws(() => jsonText(cycle), TypeError)
})
