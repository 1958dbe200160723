import t from 'tap'
import { chatCall, textCall, waiting } from '../../../fixtures/waiting-calls.js'
import type { BatchForm } from '../../../lib/model/batch/form.js'
import { writeGroup } from '../../../lib/model/batch/write-group.js'
import type { ModelCall } from '../../../lib/model/model.js'

const target = { model: 'm', extraBody: {}, structured: true }
const write = (
  form: BatchForm,
  calls: ModelCall[],
  more: Partial<typeof target> = {},
) => {
  const written = writeGroup({ form, members: waiting(calls) }, { ...target, ...more })
  return { ...written, body: JSON.parse(written.body) }
}
const fields = { model: 'm', temperature: 1, top_p: 0.95, max_tokens: 8 }

t.test('samples are one prompt, n and the lowest seed', async t => {
  const calls = [3, 4, 5].map(seed => chatCall('a', { sampling: { seed } }))
  t.match(write('samples', calls), { path: '/v1/chat/completions', asked: { n: 3 } })
  t.strictSame(write('samples', calls).body, {
    ...fields,
    messages: [{ role: 'user', content: 'a' }],
    seed: 3,
    n: 3,
  })
  t.equal(write('samples', [textCall('a'), textCall('a')]).path, '/v1/completions')
})

t.test('a list is text completions with their prompts in order', async t => {
  const calls = ['a', 'b'].map(prompt => textCall(prompt, { sampling: { n: 2 } }))
  t.match(write('list', calls), { path: '/v1/completions', asked: { n: 4, chat: false } })
  t.strictSame(write('list', calls).body, { ...fields, prompt: ['a', 'b'], n: 2 })
})

t.test(
  'chats are lists of messages, with all sampling and neither n nor stream',
  async t => {
    const written = write('chats', [chatCall('a'), chatCall('b')])
    t.match(written, { path: '/v1/chat/completions/batch', asked: { n: 2, chat: true } })
    t.strictSame(written.body, {
      ...fields,
      messages: [[{ role: 'user', content: 'a' }], [{ role: 'user', content: 'b' }]],
    })
  },
)

t.test('schema, further fields and the user’s own go along once', async t => {
  const more = { schema: { name: 's', schema: { type: 'object' } }, extra: { top_k: 5 } }
  const calls = [chatCall('a', more), chatCall('b', more)]
  const written = write('chats', calls, { extraBody: { top_k: 9 } })
  t.match(written, { schema: 's', asked: { json: true }, body: { top_k: 9 } })
  t.equal(written.body.response_format.json_schema.name, 's')
  const plain = write('chats', calls, { structured: false })
  t.equal(plain.schema, undefined)
  t.notOk('response_format' in plain.body)
})
