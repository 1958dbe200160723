import t from 'tap'
import { printable, printableJson } from '../../lib/run/printable.js'

t.test('terminal escapes disappear with what they carry', async t => {
  t.equal(printable('a\u001b[31mred\u001b[0m\u001b[2J!'), 'ared!')
  t.equal(printable('\u001b]0;new title\u0007text'), 'text')
  t.equal(printable('\u001b]8;;http://evil\u001b\\link'), 'link')
  t.equal(printable('bell\u0007, nul\u0000, c1\u009b2J'), 'bell, nul, c12J')
})

t.test('bidi and invisible controls disappear', async t => {
  t.equal(printable('\u202egnp.exe\u202c'), 'gnp.exe')
  t.equal(printable('a\u2066b\u2069c\u200bd\ufeff'), 'abcd')
  t.equal(printable('a\u00adb\u{e0041}c\u3164d\ufff9e'), 'abcde')
})

t.test('several lines become one', async t => {
  t.equal(printable('one\r\ntwo\tthree\u2028four'), 'one two threefour')
})

t.test('other scripts and emoji stay as they are', async t => {
  t.equal(printable('한국어 — ¿qué? 日本 👍'), '한국어 — ¿qué? 日本 👍')
})

t.test('a long text is cut and says so', async t => {
  t.equal(printable('x'.repeat(5_000_000), 10), 'xxxxxxxxx…')
})

t.test('no half of a character is left where a text is cut', async t => {
  t.equal(printable('👍👍👍', 4), '👍…')
  t.equal(printable('a\ud83d'), 'a')
})

t.test('JSON says the same to a program and nothing to a terminal', async t => {
  const value = { 'csi\u009b2J': '\u202e\u{e0041}\u0085\u007f', plain: '한국어 👍\n' }
  const line = printableJson(value)
  t.notMatch(line, /[\u0000-\u001f\u007f-\u009f\u202e]|\u{e0041}/u)
  t.match(line, /한국어 👍/)
  t.same(JSON.parse(line), value)
})
