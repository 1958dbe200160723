import { createHash } from 'node:crypto'
import t from 'tap'
import {
  InputTrace,
  refuseInput,
  type BytesRead,
} from '../../../lib/run/state/input-trace.js'

const bytes = Buffer.from('{"query":"one"}\ntwo\n\nthree')

/** A session that reads `pieces`; a list of pieces for each file. Answers what it refuses. */
const read = (files: Uint8Array[][], before?: BytesRead) => {
  const refused: string[] = []
  const trace = new InputTrace(before, why => refused.push(why))
  const given: Uint8Array[] = []
  for (const [at, pieces] of files.entries()) {
    if (at > 0) trace.nextFile()
    for (const piece of pieces) given.push(...trace.take(piece))
  }
  return { trace, refused, given, text: Buffer.concat(given).toString() }
}

/** Every way to cut `bytes` in two, and a cut at each byte. */
const cuttings = (bytes: Buffer): Buffer[][] => [
  ...Array.from({ length: bytes.length + 1 }, (_, at) => [
    bytes.subarray(0, at),
    bytes.subarray(at),
  ]),
  Array.from({ length: bytes.length }, (_, at) => bytes.subarray(at, at + 1)),
]

t.test('however bytes come, the position is that of all of them', async t => {
  const sha256 = createHash('sha256').update(bytes).digest('hex')
  for (const pieces of cuttings(bytes)) {
    const { trace, text } = read([pieces])
    t.same(trace.position, { bytes: bytes.length, sha256, tail: 'whole' })
    t.equal(text, String(bytes))
  }
})

t.test(
  'wherever a session stopped, and however bytes come, they are known again, and cut there',
  async t => {
    for (let end = 1; end <= bytes.length; end++) {
      const before = read([[bytes.subarray(0, end)]]).trace.position
      for (const pieces of cuttings(bytes)) {
        const { trace, refused, given, text } = read([pieces], before)
        if (refused.length > 0 || !trace.confirmed) t.fail(`not known again at ${end}`)
        if (text !== String(bytes)) t.fail(`lost bytes at ${end}`)
        let at = 0
        const ends = given.map(piece => (at += piece.length))
        if (!ends.includes(end)) t.fail(`no cut at ${end}`)
      }
    }
  },
)

t.test('it is confirmed with the last byte of before, and not earlier', async t => {
  const before = read([[bytes]]).trace.position
  const trace = new InputTrace(before, () => t.fail('refused'))
  for (let at = 0; at < bytes.length; at++) {
    t.notOk(trace.confirmed)
    for (const _piece of trace.take(bytes.subarray(at, at + 1)));
  }
  t.ok(trace.confirmed)
  t.ok(read([[]], undefined).trace.confirmed, 'and nothing is to be confirmed at first')
  t.ok(read([[]], { ...before, bytes: 0 }).trace.confirmed)
})

t.test('a byte that has changed is told where the part read before ends', async t => {
  const before = read([[bytes.subarray(0, 20)]]).trace.position
  for (let at = 0; at < bytes.length; at++) {
    const changed = Buffer.from(bytes)
    changed[at] = (changed[at] as number) ^ 1
    const { refused } = read([[changed]], before)
    t.same(refused, at < 20 ? ['its first 20 bytes are not what they were'] : [])
  }
})

t.test('an input that ends before is told', async t => {
  const before = read([[bytes]]).trace.position
  const { trace, refused } = read([[bytes.subarray(0, 7)]], before)
  trace.ended()
  t.same(refused, ['it ends after 7 bytes, and 26 were read before'])
  t.ok(trace.confirmed, 'where that is let pass, it goes on')
  trace.ended()
  t.equal(refused.length, 1)
})

t.test('files are one text, with a mark between them', async t => {
  const [one, two] = [bytes.subarray(0, 10), bytes.subarray(10)]
  const before = read([[one], [two]]).trace.position
  t.equal(before.bytes, bytes.length + 1)
  const refusedOf = (files: Uint8Array[][]) => read(files, before).refused
  t.same(refusedOf([[one], [two]]), [])
  t.same(refusedOf([[one], [two], [one]]), [], 'one more file')
  t.same(refusedOf([[one], [two, one]]), [], 'the last one has grown')
  const changed = ['its first 27 bytes are not what they were']
  t.same(refusedOf([[one, one], [two]]), changed, 'the first one has grown')
  t.same(refusedOf([[one, two, one]]), changed, 'put together')
  t.same(refusedOf([[bytes.subarray(0, 11)], [bytes.subarray(11), one]]), changed)
})

t.test('a session may have stopped between two files', async t => {
  const { trace } = read([[bytes]])
  trace.nextFile()
  const before = trace.position
  const { trace: again, refused } = read([[bytes], [bytes]], before)
  t.ok(again.confirmed)
  t.same(refused, [])
})

const cutOff = (tail: 'line' | 'file') => {
  const { trace } = read([[bytes]])
  trace.cutOff(tail)
  return trace.position
}

t.test('a last line without an end may get one, and nothing else', async t => {
  const before = cutOff('line')
  for (const more of ['\n', '\r\n', '\nfour\n'])
    t.same(read([[bytes, Buffer.from(more)]], before).refused, [])
  const why = ['its last line had no line end, and is longer now']
  for (const more of [' and four', '\r and four', ' ', '\0', 'x'.repeat(100_000)]) {
    t.same(read([[bytes, Buffer.from(more)]], before).refused, why)
    t.same(read([[Buffer.concat([bytes, Buffer.from(more)])]], before).refused, why)
  }
  t.same(read([[bytes], [bytes]], before).refused, [], 'another file may follow')
})

t.test('what broke off may not go on, not even with a line end', async t => {
  const { refused } = read([[bytes, Buffer.from('\n')]], cutOff('file'))
  t.same(refused, ['it broke off there, and goes on now'])
  t.same(read([[bytes]], cutOff('file')).refused, [])
})

t.test('bytes that follow in the same session make a tail whole', async t => {
  const { trace } = read([[bytes]])
  trace.cutOff('line')
  trace.nextFile()
  t.equal(trace.position.tail, 'whole')
})

t.test('the refusal names the folder and the ways out', async t => {
  t.throws(() => refuseInput('run1', 'it is another'), {
    code: 'state_mismatch',
    message: /run1 has read: it is another.*another --state.*--force/,
  })
})
