import t from 'tap'
import { roleOf } from '../../lib/formats/roles.js'

t.test('knows the names that corpora use, in any case', async t => {
  t.same(['human', 'User', 'prompter'].map(roleOf), ['user', 'user', 'user'])
  t.same(
    ['gpt', 'assistant', 'function_call', 'MODEL'].map(roleOf),
    Array(4).fill('assistant'),
  )
  t.same(['observation', 'tool', 'function'].map(roleOf), Array(3).fill('tool'))
  t.same(['system', 'developer'].map(roleOf), ['system', 'system'])
})

t.test(
  'does not guess: unknown names, other types and inherited ones have no role',
  async t => {
    for (const name of [
      'narrator',
      '',
      'constructor',
      '__proto__',
      3,
      null,
      undefined,
      {},
    ])
      t.equal(roleOf(name), undefined)
  },
)
