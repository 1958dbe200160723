import t from 'tap'
import { readSharegpt } from '../../lib/formats/sharegpt.js'

t.test(
  'reads human and gpt, user and assistant, under either name of the list',
  async t => {
    const read = {
      turns: [
        { role: 'user', content: 'a' },
        { role: 'assistant', content: 'b' },
      ],
    }
    t.same(
      readSharegpt({
        conversations: [
          { from: 'human', value: 'a' },
          { from: 'gpt', value: 'b' },
        ],
      }),
      read,
    )
    t.same(
      readSharegpt({
        conversation: [
          { from: 'user', value: 'a' },
          { role: 'assistant', content: 'b' },
        ],
      }),
      read,
    )
    t.match(readSharegpt({}), { code: 'unknown_format' })
  },
)
