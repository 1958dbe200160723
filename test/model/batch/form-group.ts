import t from 'tap'
import { chatCall, textCall, waiting } from '../../../fixtures/waiting-calls.js'
import { formGroup, type GroupBounds } from '../../../lib/model/batch/form-group.js'
import type { BatchForm, Member } from '../../../lib/model/batch/form.js'
import type { ModelCall } from '../../../lib/model/model.js'

const bounds: GroupBounds = { room: 64, most: 16, takes: () => true, extraBody: {} }
const only = (...forms: BatchForm[]) => ({
  takes: (form: BatchForm) => forms.includes(form),
})

/** The form and the words of a group whose first member is call `at`. */
const group = (calls: ModelCall[], more: Partial<GroupBounds> = {}, at = 0) => {
  const members = waiting(calls)
  const formed = formGroup(members[at] as Member, members, { ...bounds, ...more })
  return (
    formed && [
      formed.form,
      ...formed.members.map(
        ({ request: { prompt, messages, sampling } }) =>
          `${prompt ?? messages?.[0]?.content}${sampling.seed ?? ''}`,
      ),
    ]
  )
}
const seeded = (content: string, seed: number, temperature = 1) =>
  chatCall(content, { sampling: { seed, temperature } })

t.test('chats go to the batch route, texts into a list', async t => {
  t.strictSame(group([chatCall('a'), chatCall('b')]), ['chats', 'a', 'b'])
  t.strictSame(group([textCall('a'), textCall('b')]), ['list', 'a', 'b'])
})

t.test('samples of one prompt become n, in the order of their seeds', async t => {
  const samples = [seeded('a', 3), seeded('a', 5), seeded('a', 2), seeded('a', 4)]
  t.strictSame(group(samples), ['samples', 'a2', 'a3', 'a4', 'a5'])
  t.strictSame(group([chatCall('a'), chatCall('a')]), ['samples', 'a', 'a'])
})

t.test('a gap in the seeds ends the samples: vLLM counts on by one', async t => {
  const samples = [seeded('a', 3), seeded('a', 4), seeded('a', 6)]
  t.strictSame(group(samples), ['samples', 'a3', 'a4'])
})

t.test('a seed is not given to a call without one', async t => {
  t.equal(group([seeded('a', 3), chatCall('a')]), undefined)
  t.equal(group([chatCall('a'), seeded('a', 0)]), undefined)
})

t.test('prompts with different seeds never share a request: it has one', async t => {
  const calls = [seeded('a', 3), seeded('b', 4), seeded('c', 3)]
  t.strictSame(group(calls), ['chats', 'a3', 'c3'])
})

t.test('greedy calls draw nothing, so their seeds may differ', async t => {
  t.strictSame(group([seeded('a', 3, 0), seeded('b', 9, 0)]), ['chats', 'a3', 'b9'])
})

t.test('greedy calls of one prompt are no samples: vLLM refuses n', async t => {
  t.strictSame(group([seeded('a', 3, 0), seeded('a', 4, 0)]), ['chats', 'a3', 'a4'])
})

t.test('a temperature or seed of the user decides, not that of the call', async t => {
  const greedy = { extraBody: { temperature: 0 } }
  t.strictSame(group([seeded('a', 3), seeded('a', 4)], greedy), ['chats', 'a3', 'a4'])
  const warm = { extraBody: { temperature: 1 } }
  t.equal(group([seeded('a', 3, 0), seeded('b', 9, 0)], warm), undefined)
  const fixed = { extraBody: { seed: 1 } }
  t.strictSame(group([seeded('a', 3), seeded('a', 4)], fixed), ['chats', 'a3', 'a4'])
})

t.test(
  'fields of the user that the batch route would drop keep calls single',
  async t => {
    t.equal(
      group([chatCall('a'), chatCall('b')], { extraBody: { tools: [] } }),
      undefined,
    )
  },
)

t.test('the form that takes more calls along is taken', async t => {
  const calls = [seeded('a', 1), seeded('a', 2), seeded('b', 1), seeded('c', 1)]
  t.strictSame(group(calls), ['chats', 'a1', 'b1', 'c1'])
  t.strictSame(group(calls, only('samples')), ['samples', 'a1', 'a2'])
})

t.test('a form that the server lacks is left out', async t => {
  t.equal(group([chatCall('a'), chatCall('b')], only('list', 'samples')), undefined)
  t.equal(group([textCall('a'), textCall('b')], only('chats', 'samples')), undefined)
})

t.test('neither room nor size is exceeded, counted in sequences', async t => {
  const calls = Array.from({ length: 9 }, (_, i) =>
    textCall(`${i}`, { sampling: { n: 3 } }),
  )
  t.equal(group(calls, { room: 8 })?.length, 1 + 2)
  t.equal(group(calls, { most: 4 })?.length, 1 + 4)
  t.equal(group(calls, { room: 5 }), undefined)
})

t.test(
  'a text call with n of its own may go into a list, never into samples',
  async t => {
    const same = { sampling: { n: 2 } }
    t.strictSame(group([textCall('a', same), textCall('a', same)]), ['list', 'a', 'a'])
    t.equal(group([textCall('a', same), textCall('a', same)], only('samples')), undefined)
  },
)

t.test('the call whose turn it is always goes along', async t => {
  const calls = Array.from({ length: 9 }, (_, i) => chatCall(`${i}`))
  t.match(group(calls, { most: 3 }, 7), ['chats', '7', '0', '1'])
})

t.test('messages built anew for each sample are the same prompt', async t => {
  const turns = (): NonNullable<ModelCall['messages']> => [
    { role: 'system', content: 'Be brief.' },
    { role: 'user', content: 'Hi' },
  ]
  const calls = [chatCall('', { messages: turns() }), chatCall('', { messages: turns() })]
  t.match(group(calls, only('samples')), ['samples'])
  const other = chatCall('', { messages: [...turns(), { role: 'user', content: 'x' }] })
  t.equal(group([calls[0] as ModelCall, other], only('samples')), undefined)
})

t.test('a call that is alone goes as it always went', async t => {
  t.equal(group([chatCall('a')]), undefined)
})
