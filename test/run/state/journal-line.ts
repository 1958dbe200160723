import t from 'tap'
import { readLine, writeLine } from '../../../lib/run/state/journal-line.js'

const value = {
  text: 'Zürich\u2028 \u0000 \ud83d\ude00',
  n: [1, 2.5],
  nested: { a: null },
}

t.test('a value comes back, in one line', async t => {
  const line = writeLine(value)
  t.equal(line.indexOf('\n'), line.length - 1)
  t.same(readLine(line.slice(0, -1)), value)
})

t.test('a checksum that begins with zeros is as long as any', async t => {
  for (let n = 0; n < 2000; n++)
    if (!/^[0-9a-f]{8} \{/.test(writeLine({ n }))) t.fail(writeLine({ n }))
})

t.test('a line that is cut anywhere is not whole', async t => {
  const line = writeLine(value).slice(0, -1)
  for (let end = 0; end < line.length; end++)
    if (readLine(line.slice(0, end)) !== undefined) t.fail(`cut at ${end}`)
})

t.test('a line with one other character is not whole', async t => {
  const line = writeLine(value).slice(0, -1)
  for (let at = 0; at < line.length; at++) {
    const other = line[at] === 'x' ? 'y' : 'x'
    if (readLine(line.slice(0, at) + other + line.slice(at + 1)) !== undefined)
      t.fail(`changed at ${at}`)
  }
})

t.test('nothing else is a line', async t => {
  for (const text of [
    '',
    ' ',
    '00000000',
    '00000000 ',
    '{}',
    '\0'.repeat(500),
    '{"a":1}',
  ])
    t.equal(readLine(text), undefined)
})
