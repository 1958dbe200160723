/** Files of a corpus: lines of every shape, good and bad, packed and cut in any way. */
import { gzipSync } from 'node:zlib'
import fc, { type Arbitrary } from 'fast-check'
import type { Record } from '../../lib/record.js'
import { anyJson, anyObject, anyText, damaged } from './texts.js'

const turn = (role: string, content: string): Arbitrary<object> =>
  fc.record({
    [role]: fc.constantFrom('user', 'assistant', 'system', 'tool', 'human', 'gpt', 'bot'),
    [content]: anyText,
  })
const turns = (role: string, content: string) =>
  fc.array(turn(role, content), { maxLength: 6 })

const verdict = fc.record(
  { answer: fc.constantFrom('yes', 'no', 'unknown'), why: anyText },
  { requiredKeys: ['answer'] },
)
const response = fc.record(
  {
    text: anyText,
    finish: fc.constantFrom('stop', 'length', 'error'),
    verdicts: fc.array(verdict, { maxLength: 3 }),
    pass: fc.boolean(),
  },
  { requiredKeys: ['text', 'finish'] },
)

/** Records of ours, as any stage may have left them. */
export const anyRecord = fc.record(
  {
    id: anyText.map(text => `${text}-1`),
    query: anyText,
    seed: fc.record({ query: anyText, id: anyText }, { requiredKeys: ['query'] }),
    history: fc.array(
      fc.record({
        role: fc.constantFrom('user', 'assistant', 'tool'),
        content: anyText,
      }),
      { maxLength: 3 },
    ),
    system: anyText,
    constraints: fc.array(
      fc.record({
        kind: fc.constantFrom('format', 'content'),
        text: anyText,
        without: anyText,
        question: anyText,
      }),
      { maxLength: 2 },
    ),
    questions: fc.array(
      fc.record({ text: anyText, from: fc.constantFrom('seed', 'pass') }),
      { maxLength: 3 },
    ),
    responses: fc.array(response, { maxLength: 4 }),
    reject: fc.record({ stage: anyText, code: anyText, message: anyText }),
  },
  { requiredKeys: ['id', 'query', 'seed'] },
) as Arbitrary<Record>

const row: Arbitrary<string> = fc
  .oneof(
    fc.record({ query: anyText }),
    fc.record({ id: fc.integer(), prompt: anyText, system: anyText }),
    fc.record({ instruction: anyText, input: anyText, output: anyText }),
    fc.record({ messages: turns('role', 'content') }),
    fc.record({ conversations: turns('from', 'value') }),
    fc.record({ query: anyText, history: turns('from', 'value') }),
    fc.record({
      custom_id: anyText,
      body: fc.record({ messages: turns('role', 'content') }),
    }),
    anyRecord,
  )
  .map(value => JSON.stringify(value))

/** The bytes of one line, without its end. */
export const anyLine: Arbitrary<Buffer> = fc.oneof(
  { weight: 4, arbitrary: row.map(text => Buffer.from(text)) },
  { weight: 2, arbitrary: damaged(row).map(withoutEnds) },
  { weight: 2, arbitrary: anyObject.map(withoutEnds) },
  { weight: 1, arbitrary: anyJson.map(withoutEnds) },
  { weight: 2, arbitrary: anyText.map(withoutEnds) },
  {
    weight: 1,
    arbitrary: fc
      .uint8Array({ maxLength: 40 })
      .map(bytes => Buffer.from(bytes.filter(byte => byte !== newline))),
  },
)

const newline = 0x0a
function withoutEnds(text: string): Buffer {
  return Buffer.from(text.replaceAll('\n', ' '))
}

export interface CorpusFile {
  lines: Buffer[]
  /** The text of the file. */
  plain: Buffer
  /** As it comes: packed or not, in pieces. */
  pieces: Buffer[]
  /** Bytes were cut off or changed. */
  damaged: boolean
}

export const anyFile: Arbitrary<CorpusFile> = fc
  .record({
    lines: fc.array(anyLine, { maxLength: 30, size: 'large' }),
    end: fc.constantFrom('\n', '\r\n'),
    endsWithEnd: fc.boolean(),
    packed: fc.constantFrom('plain', 'plain', 'gzip', 'members'),
    cuts: fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 8 }),
    harm: fc.option(
      fc.record({
        at: fc.double({ min: 0, max: 0.999, noNaN: true }),
        flip: fc.option(fc.integer({ min: 1, max: 255 }), { freq: 2 }),
      }),
      { freq: 3 },
    ),
  })
  .map(({ lines, end, endsWithEnd, packed, cuts, harm }) => {
    const ended = lines.flatMap((line, i) => [
      line,
      Buffer.from(i < lines.length - 1 || endsWithEnd ? end : ''),
    ])
    const plain = Buffer.concat(ended)
    const middle = Math.floor(plain.length / 2)
    const bytes =
      packed === 'plain'
        ? Buffer.from(plain)
        : packed === 'gzip'
          ? gzipSync(plain)
          : Buffer.concat([
              gzipSync(plain.subarray(0, middle)),
              gzipSync(plain.subarray(middle)),
            ])
    const hurt = packed !== 'plain' && harm !== null && bytes.length > 0
    const kept = hurt ? harmed(bytes, harm) : bytes
    const pieces = cutAt(kept, cuts)
    const shown = { text: String(plain), packed, harm, cuts }
    return {
      lines,
      plain,
      pieces,
      damaged: hurt,
      [fc.toStringMethod]: () => JSON.stringify(shown),
    }
  })

const harmed = (
  bytes: Buffer,
  { at, flip }: { at: number; flip: number | null },
): Buffer => {
  const place = Math.floor(at * bytes.length)
  if (flip === null) return bytes.subarray(0, place)
  bytes[place] = (bytes[place] as number) ^ flip
  return bytes
}

const cutAt = (bytes: Buffer, cuts: readonly number[]): Buffer[] => {
  const places = [0, ...cuts.map(cut => Math.floor(cut * bytes.length)), bytes.length]
  places.sort((a, b) => a - b)
  return places.slice(1).map((place, i) => bytes.subarray(places[i], place))
}
