import t from 'tap'
import type { Conversation, Said } from '../../lib/formats/conversation.js'
import { mostTurns, promptsOf } from '../../lib/formats/prompts.js'

/** `u1 a2 t3 s4` to turns: the letter is the role, the whole is what is said. */
const said = (script: string): Said[] =>
  script
    .split(' ')
    .filter(Boolean)
    .map(content => ({
      role: ({ u: 'user', a: 'assistant', t: 'tool', s: 'system' } as const)[
        content[0] as 'u' | 'a' | 't' | 's'
      ],
      content,
    }))

const prompts = (
  script: string,
  which: 'last' | 'first' | 'each',
  broken?: Conversation['broken'],
): string[] =>
  promptsOf({ turns: said(script), ...(broken ? { broken } : {}) }, which).map(prompt =>
    'code' in prompt
      ? `${prompt.turn}:${prompt.code}`
      : `${prompt.turn}:${prompt.query.replaceAll('\n\n', '+')}` +
        ` <${prompt.history.map(turn => turn.content.replaceAll('\n\n', '+')).join(' ')}>` +
        (prompt.system ? ` [${prompt.system.replaceAll('\n\n', '+')}]` : '') +
        (prompt.repaired ? ' repaired' : ''),
  )

t.test(
  'last, first and each take their human turns with what was said before',
  async t => {
    const script = 'u1 a2 u3 a4 u5 a6'
    t.same(prompts(script, 'last'), ['3:u5 <u1 a2 u3 a4>'])
    t.same(prompts(script, 'first'), ['1:u1 <>'])
    t.same(prompts(script, 'each'), ['1:u1 <>', '2:u3 <u1 a2>', '3:u5 <u1 a2 u3 a4>'])
  },
)

t.test('one prompt alone is the same for all of them', async t => {
  for (const which of ['last', 'first', 'each'] as const)
    t.same(prompts('u1', which), ['1:u1 <>'])
})

t.test(
  'turns before the first user turn are dropped, without shifting roles',
  async t => {
    t.same(prompts('a1 u2 a3 u4', 'last'), ['2:u4 <u2 a3> repaired'])
    t.same(prompts('t1 a2 u3', 'last'), ['1:u3 <> repaired'])
  },
)

t.test('neighbours of one role are joined', async t => {
  t.same(prompts('u1 a2 a3 u4', 'last'), ['2:u4 <u1 a2+a3> repaired'])
  t.same(prompts('u1 u2 a3 u4 u5', 'each'), [
    '1:u1+u2 <> repaired',
    '2:u4+u5 <u1+u2 a3> repaired',
  ])
})

t.test('what was in order before something was put right is not marked', async t => {
  t.same(prompts('u1 a2 u3 u4', 'each'), ['1:u1 <>', '2:u3+u4 <u1 a2> repaired'])
})

t.test('system turns are joined, and a later one does not reach back', async t => {
  t.same(prompts('s1 s2 u3 a4 s5 u6', 'each'), [
    '1:u3 <> [s1+s2]',
    '2:u6 <u3 a4> [s1+s2+s5]',
  ])
})

t.test('tool turns stand on the side of the user and are never wanted', async t => {
  t.same(prompts('u1 a2 t3 a4 u5 a6 t7 a8', 'each'), ['1:u1 <>', '2:u5 <u1 a2 t3 a4>'])
  t.same(prompts('u1 a2 t3 t4 a5 u6', 'last'), ['2:u6 <u1 a2 t3+t4 a5> repaired'])
})

t.test(
  'a tool turn without its call, or without its answer, is a fault from there on',
  async t => {
    t.same(prompts('u1 t2 a3 u4', 'last'), ['2:bad_history'])
    t.same(prompts('u1 t2 a3 u4', 'first'), ['1:u1 <>'])
    t.same(prompts('u1 a2 t3 u4', 'each'), ['1:u1 <>', '2:bad_history'])
    t.same(prompts('u1 a2 t3', 'last'), ['1:u1 <>'])
  },
)

t.test(
  'a turn that could not be read is a fault only for what comes after it',
  async t => {
    const broken = { code: 'not_text', message: 'an image', userAfter: true } as const
    t.same(prompts('u1 a2', 'each', broken), ['1:u1 <>', '2:not_text'])
    t.same(prompts('u1 a2', 'last', broken), ['2:not_text'])
    t.same(prompts('u1 a2', 'first', broken), ['1:u1 <>'])
    t.same(prompts('', 'first', broken), ['1:not_text'])
    const after = { ...broken, userAfter: false }
    t.same(prompts('u1', 'last', after), ['1:u1 <>'])
    t.same(prompts('', 'last', after), ['1:not_text'])
  },
)

t.test('without a user turn there is no prompt', async t => {
  for (const script of ['', 's1', 'a1', 's1 a2 a3'])
    t.same(prompts(script, 'last'), ['1:no_user_turn'])
})

t.test('an empty wanted turn is a reject of its own, its neighbours are not', async t => {
  const turns = said('u1 a2 u3 a4 u5')
  ;(turns[2] as Said).content = ' \n'
  t.match(promptsOf({ turns }, 'each'), [
    { query: 'u1' },
    { code: 'empty_query', turn: 2 },
    { query: 'u5' },
  ])
})

t.test('each of a conversation without end is refused, its last turn is not', async t => {
  const script = 'u1 a2 '.repeat(mostTurns + 1)
  t.same(prompts(script, 'each'), ['1:bad_history'])
  t.equal(promptsOf({ turns: said(script) }, 'last').length, 1)
})
