import { strict as assert } from 'node:assert'
import fc from 'fast-check'
import _ from '../../lib/flow/highland.js'
import { lineOf } from '../../lib/jsonl/stringify.js'
import { accountedIn, Ledger } from '../../lib/ledger.js'
import { Record } from '../../lib/record.js'
import { corpusFormats, type ParseOptions } from '../../lib/stages/options.js'
import { parse } from '../../lib/stages/parse.js'
import { anyFile, type CorpusFile } from './corpora.js'
import { lines, type Property } from './property.js'

const recordsOf = async (
  pieces: Uint8Array[],
  options: Partial<ParseOptions> = {},
): Promise<{ records: Record[]; ledger: Ledger }> => {
  const ledger = new Ledger()
  const stage = accountedIn(ledger, () => parse(options))
  const source = _<Uint8Array | string | object>(pieces)
  const records = await source.through(stage).collect().toPromise(Promise)
  return { records: records as unknown as Record[], ledger }
}

const written = (records: readonly Record[]): string => records.map(lineOf).join('')

/** Every line is a record or blank, and what comes out is a record that can be written and read. */
const isWhole = async ({
  records,
  ledger,
}: Awaited<ReturnType<typeof recordsOf>>): Promise<void> => {
  assert.equal(ledger.in, records.length)
  for (const record of records) {
    assert.ok(Record.safeParse(record).success, JSON.stringify(record))
    assert.notEqual(record.reject?.code, 'stage_error', record.reject?.message)
  }
  const text = written(records)
  const again = await recordsOf([Buffer.from(text)])
  assert.equal(written(again.records), text, 'what is read back is what was written')
}

const countLines = (text: Buffer): number => {
  let count = text.length > 0 && text.at(-1) !== 0x0a ? 1 : 0
  for (const byte of text) if (byte === 0x0a) count++
  return count
}

/** By accident it may be. */
const looksPacked = (bytes: Buffer): boolean => bytes[0] === 0x1f && bytes[1] === 0x8b

const holds = async (file: CorpusFile, options: Partial<ParseOptions>): Promise<void> => {
  fc.pre(!looksPacked(file.plain))
  lines.count += file.lines.length
  const read = await recordsOf(file.pieces, options)
  await isWhole(read)
  if (file.damaged) return
  assert.equal(read.records.length + read.ledger.blank, countLines(file.plain))
  const atOnce = await recordsOf([file.plain], options)
  assert.equal(written(atOnce.records), written(read.records), 'however it is cut')
}

export const anyCorpus: Property = {
  name: 'parse',
  promises:
    'any bytes, cut and packed in any way, give one record for each line that is not blank, and what is written is read back as it was',
  share: 1,
  property: fc.asyncProperty(
    anyFile,
    fc.record(
      {
        maxLine: fc.constant(60),
        format: fc.constantFrom(...corpusFormats),
        turns: fc.constantFrom('last', 'first'),
      },
      { requiredKeys: [] },
    ),
    holds,
  ),
}

const neighbour = (i: number): Buffer => Buffer.from(`{"query":"Neighbour ${i}"}`)

export const neighbours: Property = {
  name: 'neighbours',
  promises: 'no line changes what becomes of the line behind it',
  share: 0.5,
  property: fc.asyncProperty(anyFile, async ({ lines: hostile }) => {
    fc.pre(!looksPacked(hostile[0] ?? Buffer.alloc(0)))
    lines.count += 2 * hostile.length
    const mixed = hostile.flatMap((line, i) => [line, neighbour(i)])
    const text = Buffer.concat(mixed.flatMap(line => [line, Buffer.from('\n')]))
    const { records } = await recordsOf([text])
    for (const i of hostile.keys()) {
      const own = records.find(({ id }) => id.endsWith(`-${2 * (i + 1)}`))
      assert.equal(own?.query, `Neighbour ${i}`)
      assert.equal(own.reject, undefined)
    }
  }),
}
