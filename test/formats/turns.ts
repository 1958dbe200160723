import t from 'tap'
import { historyOf, turnsOf, withQuery } from '../../lib/formats/turns.js'

t.test('roles come from names, never from the position', async t => {
  t.same(
    turnsOf([
      { from: 'gpt', value: 'a' },
      { from: 'human', value: 'b' },
      { role: 'system', content: 'c' },
      { role: 'user', content: 'd' },
    ]).turns.map(turn => turn.role),
    ['assistant', 'user', 'system', 'user'],
  )
})

t.test(
  'reading stops at a turn that makes no sense, and keeps those before it',
  async t => {
    const conversation = turnsOf([
      { from: 'human', value: 'a' },
      { from: 'narrator', value: 'b' },
      { from: 'human', value: 'c' },
    ])
    t.same(conversation.turns, [{ role: 'user', content: 'a' }])
    t.match(conversation.broken, {
      code: 'bad_history',
      message: 'turn 2 has an unknown role: "narrator"',
      userAfter: true,
    })
  },
)

t.test('a bad answer at the end leaves the user turns before it whole', async t => {
  const { broken } = turnsOf([
    { role: 'user', content: 'a' },
    { role: 'assistant', content: [{ type: 'image' }] },
  ])
  t.match(broken, { code: 'not_text', userAfter: false })
})

t.test('a turn that is no object is a fault', async t => {
  t.match(turnsOf(['Hello']).broken, {
    message: 'expected an object as turn 1, got a string',
  })
  t.match(turnsOf([null]).broken, { message: /turn 1, got null/ })
})

t.test('half a character is a fault of its turn', async t => {
  t.match(turnsOf([{ role: 'user', content: 'x\ud83d' }]).broken, {
    code: 'bad_encoding',
  })
  t.match(withQuery({ turns: [] }, 'x\udc00').broken, {
    code: 'bad_encoding',
    userAfter: true,
  })
})

t.test('half a character in a system prompt is a fault of the whole', async t => {
  const system = 'x\ud83d'
  const turn = { role: 'user', content: 'x' }
  for (const read of [turnsOf([turn], system), historyOf(undefined, system)])
    t.match(read, { broken: { code: 'bad_encoding', userAfter: true } })
})

t.test('a history is a flat list of turns or a list of pairs', async t => {
  const flat = historyOf([
    { from: 'human', value: 'a' },
    { from: 'gpt', value: 'b' },
  ])
  t.same(flat, historyOf([['a', 'b']]))
  t.same(flat, {
    turns: [
      { role: 'user', content: 'a' },
      { role: 'assistant', content: 'b' },
    ],
  })
  t.same(historyOf(null), { turns: [] })
  t.same(historyOf([]), { turns: [] })
})

t.test('what is no history is told', async t => {
  t.match(historyOf('once'), {
    code: 'bad_history',
    message: 'expected a list as history, got a string',
  })
  t.match(historyOf([['a', 'b', 'c']]), { broken: { code: 'bad_history' } })
  t.match(historyOf([['a', 5]]), {
    turns: [{ content: 'a' }],
    broken: { code: 'bad_history' },
  })
})

t.test(
  'a prompt after a history that could not be read is not taken for its continuation',
  async t => {
    const history = historyOf([{ from: 'gpt', value: 3 }])
    if ('code' in history) return t.fail('expected a conversation')
    t.match(withQuery(history, 'q'), { turns: [], broken: { userAfter: true } })
  },
)

t.test('a system prompt of its own comes first; an empty one is none', async t => {
  t.same(turnsOf([], 'Be brief.').turns, [{ role: 'system', content: 'Be brief.' }])
  t.same(turnsOf([], ' ').turns, [])
  t.same(historyOf(undefined, 'Be brief.'), {
    turns: [{ role: 'system', content: 'Be brief.' }],
  })
})
