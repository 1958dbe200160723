import { gzipSync } from 'node:zlib'
import t from 'tap'
import { Unpacker } from '../../lib/jsonl/gunzip.js'

/** What comes out of the pieces, and the error that ended it. */
const unpacked = async (
  pieces: Uint8Array[],
): Promise<{ text: string; error?: Error }> => {
  const unpacker = new Unpacker()
  const out: Uint8Array[] = []
  try {
    for (const piece of pieces)
      for await (const bytes of unpacker.write(piece)) out.push(bytes)
    for await (const bytes of unpacker.end()) out.push(bytes)
    return { text: Buffer.concat(out).toString() }
  } catch (error) {
    return { text: Buffer.concat(out).toString(), error: error as Error }
  } finally {
    unpacker.close()
  }
}

const whole = (bytes: Uint8Array) => [bytes]
const halves = (bytes: Uint8Array) => [bytes.subarray(0, 9), bytes.subarray(9)]
const bytewise = (bytes: Uint8Array) => [...bytes].map(byte => Buffer.of(byte))

let text = ''
for (let i = 0; i < 3000; i++) text += `${JSON.stringify({ i, x: Math.sin(i) })}\n`
const gzip = gzipSync(text)

t.test('plain bytes pass as they are, even those that begin like gzip', async t => {
  t.equal((await unpacked([Buffer.from('plain')])).text, 'plain')
  t.same(await unpacked([Buffer.of(0x1f)]), { text: '\x1f' })
  t.same(await unpacked([Buffer.of(0x1f), Buffer.from('x')]), { text: '\x1fx' })
  t.same(await unpacked([]), { text: '' })
  t.same(await unpacked([Buffer.alloc(0), Buffer.from('x')]), { text: 'x' })
})

t.test('gzip is known by its content, whole or byte by byte', async t => {
  t.same(await unpacked([gzip]), { text })
  const short = gzipSync('{"a":1}\n')
  t.same(await unpacked(bytewise(short)), { text: '{"a":1}\n' })
})

t.test('members put together are one text', async t => {
  const both = Buffer.concat([gzip, gzipSync('second\n')])
  t.same(await unpacked([both]), { text: `${text}second\n` })
  t.same(await unpacked([gzip, gzipSync('second\n')]), { text: `${text}second\n` })
})

t.test('broken off anywhere, all that was in it comes before the error', async t => {
  const cut = await unpacked([gzip.subarray(0, gzip.length - 2000)])
  t.match(cut.error, { message: /unexpected end of file/ })
  t.ok(text.startsWith(cut.text))
  t.ok(cut.text.length > text.length * 0.9, `${cut.text.length} of ${text.length}`)
  const trailerCut = await unpacked([gzip.subarray(0, gzip.length - 3)])
  t.equal(trailerCut.text, text)
  t.match(trailerCut.error, { message: /unexpected end of file/ })
  t.match((await unpacked([gzip.subarray(0, 5)])).error, { message: /unexpected end/ })
})

t.test('damage is an error, after what came before it', async t => {
  const damaged = Buffer.from(gzip)
  damaged[20_000] = (damaged[20_000] as number) ^ 0xff
  const { text: got, error } = await unpacked([damaged])
  t.ok(error)
  t.ok(text.startsWith(got.slice(0, 1000)) && got.length > 0)
})

t.test('a checksum that does not match is an error behind all the data', async t => {
  for (const pieces of [whole, halves, bytewise]) {
    const damaged = Buffer.from(gzipSync('{"a":1}\n{"b":2}\n'))
    damaged.writeUInt8(damaged.at(-6)! ^ 0xff, damaged.length - 6)
    const { text: got, error } = await unpacked(pieces(damaged))
    t.equal(got, '{"a":1}\n{"b":2}\n')
    t.match(error, { message: /incorrect data check/ })
  }
})

t.test('zeros behind gzip are padding, anything else is told', async t => {
  t.same(await unpacked([gzip, Buffer.alloc(20_000)]), { text })
  const garbage = await unpacked([gzip, Buffer.from('{"query":"plain"}\n')])
  t.equal(garbage.text, text)
  t.ok(garbage.error)
  const late = await unpacked([
    Buffer.concat([gzip, Buffer.alloc(9000)]),
    Buffer.from('x'),
  ])
  t.equal(late.text, text)
  t.match(late.error, { message: /no gzip/ })
})
