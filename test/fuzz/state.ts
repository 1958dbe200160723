import { strict as assert } from 'node:assert'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc, { type Arbitrary } from 'fast-check'
import { Failure } from '../../lib/errors.js'
import { DoneRecords, type Range } from '../../lib/run/state/done-records.js'
import { writeLine } from '../../lib/run/state/journal-line.js'
import { Journal, type JournalEntry } from '../../lib/run/state/journal.js'
import type { Property } from './property.js'
import { anyText } from './texts.js'

const size = fc.nat()
/** Of codes that input may hold. As a run counts: with no prototype in the way of a name. */
const counts = fc
  .array(fc.tuple(fc.oneof(anyText, fc.constantFrom('__proto__', 'constructor')), size), {
    maxLength: 3,
  })
  .map(pairs => Object.assign(Object.create(null), Object.fromEntries(pairs)) as {})

const entry: Arbitrary<JournalEntry> = fc.record({
  done: fc.array(fc.tuple(size, size), { maxLength: 3 }),
  low: size,
  passed: fc.record({ lines: size, records: size }),
  read: fc.record({
    bytes: size,
    sha256: anyText,
    tail: fc.constantFrom('whole', 'line', 'file'),
  }),
  outputs: fc.dictionary(
    fc.constantFrom('--out', '--rejects'),
    fc.record({ bytes: size, tail: anyText, identity: anyText }),
  ),
  books: fc.record({
    in: size,
    kept: size,
    filtered: counts,
    rejected: counts,
    rows: counts,
  }),
  notes: counts,
  calls: counts,
  tokens: fc.record({ prompt: size, completion: size }),
  seconds: fc.double({ min: 0, max: 1e9, noNaN: true }),
})

let folder: string | undefined
const file = (): string => {
  if (!folder) {
    const made = mkdtempSync(join(tmpdir(), 'ultraif-fuzz-'))
    process.on('exit', () => rmSync(made, { recursive: true, force: true }))
    folder = made
  }
  return join(folder, 'journal')
}

/** The entries of a journal, as text that can be compared; undefined where it is refused. */
const openedAs = async (
  text: Buffer,
  more?: JournalEntry,
): Promise<string[] | undefined> => {
  writeFileSync(file(), text)
  const seen: string[] = []
  try {
    const journal = await Journal.open(file(), one => seen.push(writeLine(one)))
    assert.equal(readFileSync(file(), 'utf8'), seen.join(''), 'what is not whole is gone')
    if (more) await journal.append(more)
    await journal.close()
    return seen
  } catch (error) {
    if (error instanceof Failure && error.code === 'state_damaged') return undefined
    throw error
  }
}

const place = fc.double({ min: 0, max: 1, noNaN: true })

export const cutJournal: Property = {
  name: 'journal',
  promises:
    'a journal that was cut anywhere behind its first entry holds those that were whole, and goes on behind them',
  share: 0.1,
  property: fc.asyncProperty(
    fc.array(entry, { minLength: 1, maxLength: 5 }),
    entry,
    place,
    async (entries, next, at) => {
      const lines = entries.map(writeLine)
      const text = Buffer.from(lines.join(''))
      const first = Buffer.byteLength(lines[0] as string)
      const cut = text.subarray(0, first + Math.floor(at * (text.length - first + 1)))
      const whole = String(cut).split('\n').length - 1
      assert.deepEqual(await openedAs(cut, next), lines.slice(0, whole))
      const again = await openedAs(readFileSync(file()))
      assert.deepEqual(again, [...lines.slice(0, whole), writeLine(next)])
    },
  ),
}

export const damagedJournal: Property = {
  name: 'damaged-journal',
  promises:
    'a journal that was damaged anywhere is refused, or gives entries that were written',
  share: 0.1,
  property: fc.asyncProperty(
    fc.array(entry, { minLength: 1, maxLength: 5 }),
    fc.array(fc.tuple(place, fc.integer({ min: 1, max: 255 })), {
      minLength: 1,
      maxLength: 3,
    }),
    async (entries, flips) => {
      const lines = entries.map(writeLine)
      const text = Buffer.from(lines.join(''))
      for (const [at, flip] of flips) {
        const i = Math.floor(at * (text.length - 1))
        text[i] = (text[i] as number) ^ flip
      }
      const seen = await openedAs(text)
      if (seen) assert.deepEqual(seen, lines.slice(0, seen.length))
    },
  ),
}

const most = 400
const step: Arbitrary<Range | number> = fc.oneof(
  fc.nat(most),
  fc
    .tuple(fc.nat(most), fc.nat(most))
    .map(([a, b]): Range => [Math.min(a, b), Math.max(a, b)]),
)

export const doneRecords: Property = {
  name: 'done-records',
  promises: 'whatever order records end in, it is known of each whether it is done',
  share: 2,
  property: fc.property(fc.array(step, { maxLength: 30 }), steps => {
    const done = new DoneRecords()
    const set = new Set<number>()
    for (const one of steps) {
      const [first, last] = typeof one === 'number' ? [one, one] : one
      if (typeof one === 'number') assert.equal(done.add(one), !set.has(one))
      else done.addRange(one)
      for (let at = first; at <= last; at++) set.add(at)
    }
    const copy = new DoneRecords()
    copy.addAllBefore(done.low)
    for (const range of done.ranges()) copy.addRange(range)
    assert.equal(copy.low, done.low)
    for (let at = 0; at <= most; at++) {
      assert.equal(done.has(at), set.has(at))
      assert.equal(copy.has(at), set.has(at))
    }
    assert.ok(!set.has(done.low))
  }),
}
