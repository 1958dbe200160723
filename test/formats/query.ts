import t from 'tap'
import { readQuery } from '../../lib/formats/query.js'

const asked = (content: string) => ({ turns: [{ role: 'user', content }] })

t.test('takes the prompt from the first field that has one, as it stands', async t => {
  t.same(readQuery({ query: ' a\n' }), asked(' a\n'))
  t.same(readQuery({ query: '', prompt: 'b' }), asked('b'))
  t.same(readQuery({ question: 'c', answer: 'd' }), asked('c'))
})

t.test('an instruction takes its input along, with a blank line between', async t => {
  t.same(
    readQuery({ instruction: 'Translate.', input: 'Hallo' }),
    asked('Translate.\n\nHallo'),
  )
  for (const input of ['', null, undefined, '<noinput>'])
    t.same(readQuery({ instruction: 'Sing.', input }), asked('Sing.'))
  t.same(readQuery({ instruction: '', input: 'Hallo' }), asked('Hallo'))
})

t.test('an input beside a query is something else', async t => {
  t.same(readQuery({ query: 'a', input: 'b' }), asked('a'))
})

t.test('an empty prompt is read as one, for the reject to name it', async t => {
  t.same(readQuery({ query: '' }), asked(''))
})

t.test('what is no text is told with its kind', async t => {
  t.match(readQuery({ query: ['a'] }), { message: 'expected text as query, got a list' })
  t.match(readQuery({ instruction: 'a', input: 5 }), {
    message: 'expected text as input, got a number',
  })
  t.match(readQuery({ other: 1 }), { code: 'unknown_format' })
})
