import type { Transform } from 'node:stream'
import ndjson from 'ndjson'
import t from 'tap'
import { RowReader, type Row, type RowsOptions } from '../../lib/jsonl/rows.js'

const rowsOf = (
  input: string | Uint8Array,
  options: RowsOptions = { maxLine: 10_000 },
): Row[] => {
  const reader = new RowReader(options)
  return [...reader.write(Buffer.from(input)), ...reader.end()]
}

t.test(
  'ndjson still has the mapper that we decorate, and calls it in the midst of write',
  async t => {
    const stream = ndjson.parse() as unknown as Transform & {
      mapper: (line: string) => unknown
      matcher: string | RegExp
    }
    t.type(stream.mapper, 'function')
    t.ok('matcher' in stream)
    t.same(stream.mapper('{"a":1}'), { a: 1 })
    const lines: string[] = []
    stream.mapper = line => void lines.push(line)
    stream.matcher = '\n'
    for (let i = 0; i < 100; i++) {
      stream.write(Buffer.from(`${i}\r\n`))
      t.equal(lines.length, i + 1)
    }
    t.equal(lines.at(-1), '99\r', 'the carriage return is ours to cut')
  },
)

t.test(
  'a bad row between good ones is a row with its line number, text and reason',
  async t => {
    const [first, bad, last] = rowsOf('{"a":1}\n{"a":\n{"a":3}\n')
    t.match(first, { line: 1, kind: 'json', value: { a: 1 } })
    t.match(bad, { line: 2, kind: 'bad_json', text: '{"a":', why: /JSON/ })
    t.match(last, { line: 3, kind: 'json', value: { a: 3 } })
  },
)

t.test('a row null does not end the stream', async t => {
  const rows = rowsOf('null\n{"a":1}\n')
  t.match(rows[0], { line: 1, kind: 'json', value: null })
  t.match(rows[1], { line: 2, kind: 'json', value: { a: 1 } })
})

t.test('false, 0 and "" are values, not blank lines', async t => {
  t.same(
    rowsOf('false\n0\n""\n').map(row => row.kind === 'json' && row.value),
    [false, 0, ''],
  )
})

t.test(
  'empty lines and lines of white space are blank, and counted as lines',
  async t => {
    t.same(
      rowsOf('\n \t \n\r\n{"a":1}\n').map(({ line, kind }) => [line, kind]),
      [
        [1, 'blank'],
        [2, 'blank'],
        [3, 'blank'],
        [4, 'json'],
      ],
    )
  },
)

t.test(
  'a byte order mark is cut off at the start, and inside files put together',
  async t => {
    const rows = rowsOf('\ufeff{"a":1}\n\ufeff{"a":2}\n\ufefftext\n')
    t.match(rows, [
      { value: { a: 1 } },
      { value: { a: 2 } },
      { kind: 'text', text: 'text' },
    ])
  },
)

t.test(
  'CRLF is a line end, for JSON and for text, at the end of the input as well',
  async t => {
    t.match(rowsOf('{"a":1}\r\ntext\r\nlast\r'), [
      { value: { a: 1 }, text: '{"a":1}' },
      { text: 'text' },
      { text: 'last' },
    ])
  },
)

t.test('a last line without a line end is read; a torn one is bad', async t => {
  t.match(rowsOf('{"a":1}\n{"a":2}'), [{}, { line: 2, value: { a: 2 } }])
  t.match(rowsOf('{"a":1}\n{"a":2'), [{}, { line: 2, kind: 'bad_json', text: '{"a":2' }])
})

t.test('U+2028 inside a string does not end the line', async t => {
  t.match(rowsOf('{"a":"x\u2028y"}\n'), [{ value: { a: 'x\u2028y' } }])
})

t.test(
  'a line over the limit harms no neighbour, and its beginning is shown',
  async t => {
    const rows = rowsOf(`{"a":1}\n${'é'.repeat(9000)}\n{"a":3}`, { maxLine: 100 })
    t.match(rows[0], { value: { a: 1 } })
    t.match(rows[1], {
      line: 2,
      kind: 'line_too_long',
      bytes: 18_000,
      text: /^é{4096}… \[18000 bytes\]$/,
    })
    t.match(rows[2], { line: 3, value: { a: 3 } })
  },
)

t.test('bytes that are no UTF-8 are told, a real U+FFFD is not', async t => {
  const rows = rowsOf(
    Buffer.concat([
      Buffer.from('{"a":"\ufffd"}\n{"a":"caf'),
      Buffer.of(0xe9),
      Buffer.from('"}\n{"a":3}\n'),
    ]),
  )
  t.match(rows[0], { kind: 'json', value: { a: '\ufffd' } })
  t.match(rows[1], { line: 2, kind: 'bad_encoding', text: '{"a":"caf\ufffd"}' })
  t.match(rows[2], { line: 3, kind: 'json' })
})

t.test('a broken __proto__ stays an ordinary field', async t => {
  const [row] = rowsOf('{"__proto__":{"polluted":true}}\n')
  t.ok(row?.kind === 'json' && Object.hasOwn(row.value as object, '__proto__'))
  t.notOk('polluted' in {})
})

t.test('with json off every line is text', async t => {
  t.match(rowsOf('{"a":1}\n[x\nnull\n', { maxLine: 100, json: false }), [
    { kind: 'text', text: '{"a":1}' },
    { kind: 'text', text: '[x' },
    { kind: 'text', text: 'null' },
  ])
})

t.test('whole lines as text need no line end, and end a line that was open', async t => {
  const reader = new RowReader({ maxLine: 100 })
  const rows = [
    ...reader.write(Buffer.from('{"a":1}')),
    ...reader.writeLines('{"a":2}'),
    ...reader.writeLines('{"a":3}\n{"a":4}\n'),
  ]
  t.same(
    rows.map(row => row.kind === 'json' && [row.line, row.value]),
    [
      [1, { a: 1 }],
      [2, { a: 2 }],
      [3, { a: 3 }],
      [4, { a: 4 }],
    ],
  )
})

t.test(
  'text with half a character is bad_encoding, and its neighbours are not',
  async t => {
    const reader = new RowReader({ maxLine: 100 })
    t.match(
      [...reader.writeLines('good\nhalf \ud83d\nalso good\n')],
      [
        { line: 1, kind: 'text' },
        { line: 2, kind: 'bad_encoding' },
        { line: 3, kind: 'text' },
      ],
    )
  },
)

t.test('a Buffer of many megabytes is read like a file of them', async t => {
  const line = `{"a":"${'x'.repeat(500)}"}\n`
  const rows = rowsOf(line.repeat(6000))
  t.equal(rows.length, 6000)
  t.ok(rows.every(row => row.kind === 'json'))
})

t.test('an unfinished line can be dropped', async t => {
  const reader = new RowReader({ maxLine: 100 })
  t.equal([...reader.write(Buffer.from('a\nhalf'))].length, 1)
  t.equal(reader.drop(), 'half')
  t.equal(reader.line, 1)
  t.same([...reader.end()], [])
})
