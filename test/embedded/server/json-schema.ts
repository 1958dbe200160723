import t from 'tap'
import { engineSchema } from '../../../lib/embedded/server/json-schema.js'
import { composePrompt } from '../../../lib/prompts/compose.js'
import { decomposePrompt } from '../../../lib/prompts/decompose.js'
import { judgeOnePrompt } from '../../../lib/prompts/judge-one.js'
import { judgePrompt } from '../../../lib/prompts/judge.js'
import { questionPrompt } from '../../../lib/prompts/question.js'

const prompt = 'Write a haiku.'
const ours = {
  decompose: decomposePrompt.schema({ prompt }),
  question: questionPrompt.schema({ prompt, constraint: 'a haiku' }),
  compose: composePrompt.schema({ prompt, kind: 'format', checks: [] }),
  judge: judgePrompt.schema({ prompt, response: '', questions: ['a?', 'b?'] }),
  'judge one': judgeOnePrompt.schema({ prompt, response: '', question: 'a?' }),
}
for (const [name, { schema }] of Object.entries(ours))
  t.test(`the schema of our prompt "${name}" is kept to`, async t => {
    t.type(engineSchema(schema), 'object')
  })

t.test('what the engine keeps to is handed on', async t => {
  const kind = { enum: ['a', 'b'] }
  const list = { type: 'array', minItems: 1, maxItems: 3, items: { type: 'string' } }
  const schema = {
    type: 'object',
    description: 'says nothing about the form',
    properties: { '1': kind, '2': list, '3': { type: 'string', maxLength: 9 } },
    required: ['1'],
    additionalProperties: false,
  }
  t.same(engineSchema(schema), {
    type: 'object',
    properties: { '1': kind, '2': list, '3': { type: 'string', maxLength: 9 } },
  })
})

t.test('anyOf is said in the engine’s words', async t => {
  const schema = {
    type: 'object',
    properties: { a: { anyOf: [{ type: 'string', maxLength: 5 }, { type: 'null' }] } },
  }
  t.same(engineSchema(schema), {
    type: 'object',
    properties: { a: { oneOf: [{ type: 'string', maxLength: 5 }, { type: 'null' }] } },
  })
})

const within = (value: object) => ({ type: 'object', properties: { a: value } })
const refused: [what: string, schema: unknown][] = [
  ['no schema', undefined],
  ['a bare string', { type: 'string' }],
  ['an unknown type', within({ type: 'nonsense' })],
  ['several types', within({ type: ['string', 'null'] })],
  ['a pattern', within({ type: 'string', pattern: '^a' })],
  ['bounds of a number', within({ type: 'integer', minimum: 1 })],
  ['open objects', { type: 'object', additionalProperties: true }],
  [
    'a required property that is not there',
    { type: 'object', properties: {}, required: ['a'] },
  ],
  ['a reference', within({ $ref: '#/$defs/a' })],
]
for (const [what, schema] of refused)
  t.test(`${what} is refused rather than passed over`, async t => {
    t.throws(() => engineSchema(schema), { status: 400, message: /^Grammar error: / })
  })
