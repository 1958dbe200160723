import { createHash } from 'node:crypto'
import t from 'tap'
import { Framer, headBytes, type Frame } from '../../lib/jsonl/frame.js'

/** Lines as text, faults as `fault:bytes`, so that framings can be compared. */
const shown = (frames: Frame[]): string[] =>
  frames.flatMap(frame =>
    'lines' in frame
      ? frame.lines.toString().split('\n').slice(0, -1)
      : [
          `${frame.fault}:${frame.bytes}:${frame.digest.slice(0, 8)}:${frame.head.length}`,
        ],
  )

const framed = (maxLine: number, pieces: Uint8Array[]): string[] => {
  const framer = new Framer(maxLine)
  return shown([...pieces.flatMap(piece => framer.write(piece)), ...framer.end()])
}

const digest = (bytes: Uint8Array | string) =>
  createHash('sha256').update(bytes).digest('hex').slice(0, 8)

t.test('gives whole lines and the last one without its line end', async t => {
  t.same(framed(100, [Buffer.from('one\ntwo\n\nthree')]), ['one', 'two', '', 'three'])
})

t.test('cut anywhere, the same bytes give the same lines and faults', async t => {
  const long = 'x'.repeat(20)
  const input = Buffer.concat([
    Buffer.from(`né\r\n${long}\nok\n`),
    Buffer.from([0x63, 0xe9, 0x0a]),
    Buffer.from(`日本\n${long}${long}\nend`),
  ])
  const whole = framed(12, [input])
  t.same(whole, [
    'né\r',
    `line_too_long:20:${digest(long)}:20`,
    'ok',
    `bad_encoding:2:${digest(Buffer.from([0x63, 0xe9]))}:2`,
    '日本',
    `line_too_long:40:${digest(long + long)}:40`,
    'end',
  ])
  for (let cut = 0; cut <= input.length; cut++)
    t.same(
      framed(12, [input.subarray(0, cut), input.subarray(cut)]),
      whole,
      `cut at ${cut}`,
    )
  t.same(
    framed(
      12,
      [...input].map(byte => Buffer.of(byte)),
    ),
    whole,
    'byte by byte',
  )
})

t.test(
  'a line of exactly the limit fits, with either line end, and one byte more does not',
  async t => {
    for (const pieces of [1, 3, 100])
      for (const [line, fits] of [
        ['12345678', true],
        ['12345678\r', true],
        ['123456789', false],
        ['123456789\r', false],
      ] as const) {
        const bytes = Buffer.from(`${line}\n`)
        const cut: Buffer[] = []
        for (let at = 0; at < bytes.length; at += pieces)
          cut.push(bytes.subarray(at, at + pieces))
        const [got] = framed(8, cut)
        t.equal(
          got === line,
          fits,
          `${JSON.stringify(line)} in pieces of ${pieces}: ${got}`,
        )
      }
  },
)

t.test(
  'of a line over the limit only the head is kept, however long it runs',
  async t => {
    const framer = new Framer(1000)
    const piece = Buffer.alloc(10_000, 'a')
    for (let i = 0; i < 50; i++) t.same(framer.write(piece), [])
    const [frame] = framer.write(Buffer.from('\n'))
    t.ok(frame && 'fault' in frame)
    if (!frame || !('fault' in frame)) return
    t.equal(frame.bytes, 500_000)
    t.equal(frame.head.length, headBytes)
    t.equal(
      frame.digest,
      createHash('sha256').update(Buffer.alloc(500_000, 'a')).digest('hex'),
    )
  },
)

t.test('a byte array that is no Buffer is read, too', async t => {
  t.same(framed(100, [new TextEncoder().encode('plain\n')]), ['plain'])
})

t.test('an unfinished line can be dropped, and its beginning is given', async t => {
  const framer = new Framer(10)
  framer.write(Buffer.from('done\nhalf'))
  t.equal(framer.drop().toString(), 'half')
  t.same(framer.end(), [])
  framer.write(Buffer.from('far too long a line'))
  t.equal(framer.drop().toString(), 'far too long a line')
  t.same(framer.end(), [])
})
