import t from 'tap'
import { rawLimit, reject } from '../lib/errors.js'

t.test('a reject keeps enough to see what happened, and never a whole line', async t => {
  const { message, raw } = reject('parse', 'bad_json', 'm'.repeat(1e6), 'r'.repeat(1e6))
  t.equal(message.length, 4000)
  t.equal(raw?.length, rawLimit + '… [1000000 characters]'.length)
})

t.test('what a reject keeps ends between characters', async t => {
  const text = `x${'👍'.repeat(20_000)}`
  const { message, raw } = reject('parse', 'bad_json', text, text)
  t.equal(message.at(-1), '\udc4d')
  t.match(raw, /👍… \[40001 characters\]$/)
})

t.test('a reject without words says what its code means', async t => {
  t.equal(reject('parse', 'bad_json').message, 'the line is not JSON')
})
