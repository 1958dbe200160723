import t from 'tap'
import { readAlpaca } from '../../lib/formats/alpaca.js'

t.test(
  'instruction, input, system and history make the conversation; output does not',
  async t => {
    t.same(
      readAlpaca({
        instruction: 'Go on.',
        input: 'x',
        output: 'y',
        system: 'S',
        history: [['a', 'b']],
        query: 'not this one',
      }),
      {
        turns: [
          { role: 'system', content: 'S' },
          { role: 'user', content: 'a' },
          { role: 'assistant', content: 'b' },
          { role: 'user', content: 'Go on.\n\nx' },
        ],
      },
    )
  },
)

t.test('a row without an instruction is not of this shape', async t => {
  t.match(readAlpaca({ query: 'a' }), { code: 'unknown_format' })
})
