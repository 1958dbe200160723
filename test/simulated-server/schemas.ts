import t from 'tap'
import { z } from 'zod'
import { ask, chat, structured } from '../../fixtures/ask.js'
import { simulate } from '../../fixtures/vllm/simulate.js'

const path = '/v1/chat/completions'
const server = await simulate()
t.teardown(() => server.close())
const content = async (body: object): Promise<string> =>
  (await ask(server.url, path, body)).json.choices[0]?.message.content ?? ''

const shapes = {
  object: z.strictObject({ a: z.string().max(10), b: z.int().min(3).max(7) }),
  enum: z.enum(['red', 'green']),
  literal: z.literal('only this'),
  optional: z.strictObject({ a: z.string().optional(), b: z.boolean() }),
  list: z.array(z.string().min(5).max(9)).min(2).max(4),
  pattern: z.strictObject({ d: z.string().regex(/^[0-9]{4}-(?:01|12)$/) }),
  union: z.union([z.number().min(0).max(1), z.null()]),
  nested: z.strictObject({
    rows: z.array(z.strictObject({ kind: z.enum(['x', 'y']), n: z.int() })).max(3),
  }),
  record: z.strictObject({ when: z.iso.date(), mail: z.email().max(100) }),
  exclusive: z.number().gt(2).lt(3),
}
for (const [name, shape] of Object.entries(shapes))
  t.test(`answers a schema it does not know with a valid instance: ${name}`, async t => {
    const schema = z.toJSONSchema(shape)
    for (let seed = 0; seed < 20; seed++) {
      const text = await content(
        structured('other', `${name} ${seed}`, { schema, max_tokens: 2000 }),
      )
      const { success, error } = shape.safeParse(JSON.parse(text))
      t.ok(success, `${text} ${error?.message ?? ''}`)
    }
  })

t.test('follows a recursive schema without getting lost in it', async t => {
  const schema = {
    $ref: '#/$defs/node',
    $defs: {
      node: {
        type: 'object',
        properties: {
          name: { const: 'n' },
          children: { type: 'array', items: { $ref: '#/$defs/node' }, maxItems: 2 },
        },
        required: ['name', 'children'],
      },
    },
  }
  const text = await content(structured('tree', 'a tree', { schema }))
  t.equal(JSON.parse(text).name, 'n')
})

t.test('a known answer is clipped to the limits of its schema', async t => {
  const prompt =
    'Write a poem about the sea. Use no commas at all in it. End with a question.'
  const text = await content(
    structured('ultraif_decompose', `<prompt>\n${prompt}\n</prompt>`, {
      schema: {
        type: 'object',
        properties: {
          constraints: {
            type: 'array',
            maxItems: 1,
            items: {
              type: 'object',
              properties: { text: { type: 'string', maxLength: 6 } },
            },
          },
        },
      },
    }),
  )
  const { constraints } = JSON.parse(text)
  t.equal(constraints.length, 1)
  t.equal(constraints[0].text.length, 6)
})

t.test('structured_outputs constrains to a choice, a pattern or any object', async t => {
  const choice = await content(
    chat('x', { structured_outputs: { choice: ['yes', 'no'] } }),
  )
  t.match(choice, /^(yes|no)$/)
  const digits = await content(chat('x', { structured_outputs: { regex: '[1-5]{2}' } }))
  t.match(digits, /^[1-5]{2}$/)
  const object = await content(chat('x', { response_format: { type: 'json_object' } }))
  t.equal(typeof JSON.parse(object), 'object')
})

t.test('guided_json is ignored by new servers and honoured by old ones', async t => {
  const schema = { type: 'object', properties: { a: { const: 1 } }, required: ['a'] }
  const body = chat('x', { guided_json: schema })
  t.notMatch(await content(body), /^\{/)
  const old = await simulate({ version: '0.10.2' })
  t.teardown(() => old.close())
  const { json } = await ask(old.url, path, body)
  t.same(JSON.parse(json.choices[0]?.message.content ?? ''), { a: 1 })
})
