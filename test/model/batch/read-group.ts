import { readFileSync } from 'node:fs'
import t from 'tap'
import { completion } from '../../../fixtures/loopback.js'
import { chatCall, textCall, waiting } from '../../../fixtures/waiting-calls.js'
import type { BatchForm } from '../../../lib/model/batch/form.js'
import { readGroup } from '../../../lib/model/batch/read-group.js'
import { writeGroup } from '../../../lib/model/batch/write-group.js'
import type { ModelCall } from '../../../lib/model/model.js'

// `as any` here: JSON off the wire, whose shape is what the test is about.

const recorded: { [name: string]: { body: any } } = JSON.parse(
  readFileSync('fixtures/replies/model-client.json', 'utf8'),
).replies
const target = { model: 'm', extraBody: {}, structured: true }

const read = (form: BatchForm, calls: ModelCall[], reply: object) => {
  const group = { form, members: waiting(calls) }
  const { asked } = writeGroup(group, target)
  return readGroup(JSON.stringify(reply), { ...asked, shown: 'POST /x' }, group)
}
const texts = (reading: ReturnType<typeof read>) =>
  reading.members?.map(({ choices }) => choices.map(({ text }) => text))
const chats = (...contents: string[]) => contents.map(content => chatCall(content))

t.test('a recorded list of three prompts, two samples each, comes apart', async t => {
  const calls = ['one', 'two', 'three'].map(text =>
    textCall(text, { sampling: { n: 2 } }),
  )
  const { body } = recorded['02-completions-list-n2'] as { body: any }
  t.strictSame(
    texts(read('list', calls, body))?.map(([first]) => first),
    body.choices
      .filter((_: unknown, i: number) => i % 2 === 0)
      .map(({ text }: any) => text),
  )
})

t.test('a reply in another order is put in order', async t => {
  const reply = completion({ text: 'A' }, { text: 'B' }) as { choices: unknown[] }
  reply.choices.reverse()
  t.strictSame(texts(read('chats', chats('a', 'b'), reply)), [['A'], ['B']])
})

t.test('no text is given to a call that it may not belong to', async t => {
  const doubtful = (change: (choices: any[]) => void) => {
    const reply = completion({ text: 'A' }, { text: 'B' }, { text: 'C' }) as any
    change(reply.choices)
    return read('chats', chats('a', 'b', 'c'), reply)
  }
  t.match(
    doubtful(choices => (choices[1].index = 0)),
    { failure: { code: 'bad_response', message: /indices 0 to 2, got 0, 0, 2/ } },
    'doubled',
  )
  t.ok(doubtful(choices => (choices[2].index = 3)).failure, 'a gap')
  t.ok(doubtful(choices => (choices[2].index = null)).failure, 'none')
  t.match(
    doubtful(choices => choices.pop()),
    { failure: { miscounted: true } },
    'too few',
  )
})

t.test('tokens are shared out by length, and add up to what the server said', async t => {
  const reply = {
    ...completion({ text: 'x'.repeat(99) }, { text: 'x'.repeat(9) }, { text: '' }),
    usage: { prompt_tokens: 100, completion_tokens: 112 },
  }
  const { members = [] } = read('chats', chats('x'.repeat(79), 'x'.repeat(9), 'x'), reply)
  const sum = (of: 'prompt' | 'completion') =>
    members.reduce((all, { usage }) => all + usage[of], 0)
  t.equal(sum('prompt'), 100)
  t.equal(sum('completion'), 112)
  const [long, short] = members as any
  t.ok(long.usage.completion > 8 * short.usage.completion)
  t.ok(long.usage.prompt > 6 * short.usage.prompt)
})

t.test('the one prompt of samples is shared out equally', async t => {
  const reply = {
    ...completion({ text: 'A' }, { text: 'B' }),
    usage: { prompt_tokens: 9, completion_tokens: 4 },
  }
  const { members } = read('samples', chats('a', 'a'), reply)
  t.strictSame(
    members?.map(({ usage }) => usage.prompt),
    [5, 4],
  )
})

t.test('thoughts are kept apart for each member', async t => {
  const reply = completion({ text: 'A', reasoning: 'Hm' }, { text: '<think>x</think>B' })
  t.match(read('chats', chats('a', 'b'), reply), {
    members: [
      { choices: [{ text: 'A', reasoning: 'Hm' }] },
      { choices: [{ text: 'B', reasoning: 'x' }] },
    ],
  })
})
