import t from 'tap'
import { splitThoughts, thinkingIsOff } from '../../lib/model/reasoning.js'

const cases: [name: string, text: string, answer: string, reasoning?: string][] = [
  ['no thoughts', 'Paris.', 'Paris.'],
  ['thoughts first', '<think>\nHm.\n</think>\n\nParis.', 'Paris.', 'Hm.'],
  ['white space before the tag', '\n<think>Hm.</think>Paris.', 'Paris.', 'Hm.'],
  ['an empty thought', '<think>\n\n</think>\n\nParis.', 'Paris.'],
  ['a thought that never ended', '<think>\nHm. Paris is', '', 'Hm. Paris is'],
  ['a thought opened by the template', 'Hm.\n</think>\n\nParis.', 'Paris.', 'Hm.'],
  [
    'tags that the answer talks about',
    'Use <think> and </think>.',
    'Use <think> and </think>.',
  ],
  ['an opening tag inside the answer', 'Write <think> first.', 'Write <think> first.'],
]
for (const [name, text, answer, reasoning] of cases)
  t.test(name, async t => {
    const split = splitThoughts(text)
    t.equal(split.text, answer)
    t.equal(split.reasoning || undefined, reasoning)
  })

t.test(
  'a request that switches thinking off is known by any of its spellings',
  async t => {
    t.ok(thinkingIsOff({ chat_template_kwargs: { enable_thinking: false } }))
    t.ok(thinkingIsOff({ chat_template_kwargs: { thinking: false } }))
    t.ok(thinkingIsOff({ reasoning_effort: 'none' }))
    t.notOk(thinkingIsOff({ chat_template_kwargs: { enable_thinking: true } }))
    t.notOk(thinkingIsOff({}))
  },
)
