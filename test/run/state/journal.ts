import {
  existsSync,
  readFileSync,
  renameSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { Journal, type JournalEntry } from '../../../lib/run/state/journal.js'
import { writeLine } from '../../../lib/run/state/journal-line.js'

/** The entry of the commit with which `n` records are done. */
const entry = (n: number): JournalEntry => ({
  done: [[n - 1, n - 1]],
  low: n,
  passed: { lines: n, records: n },
  read: { bytes: 100 * n, sha256: 'abc', tail: 'whole' },
  outputs: { '--out': { bytes: 10 * n, tail: 'ab', identity: '1:2' } },
  books: { in: n, kept: n, filtered: {}, rejected: { ü: 1 }, rows: { sft: n } },
  notes: {},
  calls: { compose: n },
  tokens: { prompt: n, completion: n },
  seconds: n / 3,
})

const open = async (path: string, rewriteAt?: number) => {
  const seen: number[] = []
  const journal = await Journal.open(path, ({ low }) => seen.push(low), rewriteAt)
  return { journal, seen }
}

/** What the next session reads, and leaves. */
const seenIn = async (path: string): Promise<number[]> => {
  const { journal, seen } = await open(path)
  await journal.close()
  return seen
}

const written = async (path: string, count: number): Promise<string[]> => {
  const { journal } = await open(path)
  await journal.rewrite(entry(1))
  for (let n = 2; n <= count; n++) await journal.append(entry(n))
  await journal.close()
  return readFileSync(path, 'utf8').split(/(?<=\n)/)
}

t.test('entries come back as they were, in their order', async t => {
  const path = join(t.testdir(), 'journal')
  await written(path, 3)
  const seen: JournalEntry[] = []
  const journal = await Journal.open(path, each => seen.push(each))
  t.same(seen, [entry(1), entry(2), entry(3)])
  await journal.append(entry(4))
  await journal.close()
  t.same(await seenIn(path), [1, 2, 3, 4])
})

t.test('a new journal and an empty one begin with an entry in one piece', async t => {
  const path = join(t.testdir(), 'journal')
  for (let session = 0; session < 2; session++) {
    const { journal, seen } = await open(path)
    t.same(seen, [])
    t.ok(journal.isDue)
    await journal.close()
  }
  const { journal } = await open(path)
  await journal.rewrite(entry(1))
  t.notOk(journal.isDue)
  await journal.close()
  t.same(await seenIn(path), [1])
})

t.test('a last entry that a crash cut anywhere was never there', async t => {
  const path = join(t.testdir(), 'journal')
  const entries = (await written(path, 3)).map(line => Buffer.from(line))
  const whole = Buffer.concat(entries)
  const kept = whole.length - (entries.at(-1)?.length ?? 0)
  for (let end = kept; end < whole.length; end++) {
    writeFileSync(path, whole.subarray(0, end))
    const { journal, seen } = await open(path)
    if (seen.join() !== '1,2') t.fail(`cut at ${end}: ${seen.join()}`)
    if (end % 50 === 0) await journal.append(entry(9))
    await journal.close()
    const more = end % 50 === 0 ? writeLine(entry(9)) : ''
    const now = readFileSync(path, 'utf8')
    if (now !== `${whole.subarray(0, kept)}${more}`) t.fail(`went on badly from ${end}`)
  }
})

t.test('nor one whose blocks did not all reach the disk', async t => {
  const path = join(t.testdir(), 'journal')
  const [one, two] = (await written(path, 2)) as [string, string]
  for (const tail of ['\0'.repeat(two.length), `${'\0'.repeat(50)}${two.slice(50)}`]) {
    writeFileSync(path, one + tail)
    t.same(await seenIn(path), [1])
    t.equal(readFileSync(path, 'utf8'), one)
  }
})

t.test('damage before the last entry is refused, and nothing is cut off', async t => {
  const path = join(t.testdir(), 'journal')
  const entries = await written(path, 3)
  const whole = Buffer.from(entries.join(''))
  const [first, second] = entries.map(line => Buffer.byteLength(line)) as [number, number]
  for (let at = 0; at < first + second - 1; at++) {
    const changed = Buffer.from(whole)
    changed[at] = 0x7e
    writeFileSync(path, changed)
    // `any`: an entry would have no code, and fail the test all the same.
    const error: any = await open(path).catch((thrown: unknown) => thrown)
    if (error.code !== 'state_damaged') t.fail(`let pass at ${at}`)
    if (!readFileSync(path).equals(changed)) t.fail(`changed at ${at}`)
  }
})

t.test('a file of somebody else is refused, and left as it is', async t => {
  const path = join(t.testdir(), 'journal')
  for (const text of ['Dear diary,\n', 'x', '\n', '\0\0\0', writeLine({}).slice(0, 5)]) {
    writeFileSync(path, text)
    await t.rejects(open(path), {
      code: 'state_damaged',
      message: /it does not begin with an entry.*another --state/,
    })
    t.equal(readFileSync(path, 'utf8'), text)
  }
})

t.test('an entry of another version is refused, also as the last one', async t => {
  const path = join(t.testdir(), 'journal')
  const [one] = (await written(path, 1)) as [string]
  const newer = writeLine({ ...entry(2), more: true })
  for (const text of [newer, one + newer, one + newer + one]) {
    writeFileSync(path, text)
    await t.rejects(open(path), {
      code: 'state_damaged',
      message: /is whole, but no entry as this version writes it/,
    })
    t.equal(readFileSync(path, 'utf8'), text)
  }
})

t.test('written anew it is one entry, and goes on', async t => {
  const path = join(t.testdir(), 'journal')
  const { journal } = await open(path)
  await journal.rewrite(entry(1))
  await journal.append(entry(2))
  await journal.rewrite(entry(3))
  await journal.append(entry(4))
  await journal.close()
  t.same(await seenIn(path), [3, 4])
  t.notOk(existsSync(`${path}.new`))
})

t.test('a crash while it is written anew leaves the old one or the new one', async t => {
  const path = join(t.testdir(), 'journal')
  const whole = (await written(path, 3)).join('')
  const anew = writeLine(entry(4))
  for (const half of ['', anew.slice(0, 40), anew]) {
    writeFileSync(path, whole)
    writeFileSync(`${path}.new`, half)
    t.same(await seenIn(path), [1, 2, 3])
    t.notOk(existsSync(`${path}.new`))
  }
  // The old one was open still: what was not written there is not missed.
  writeFileSync(path, anew)
  t.same(await seenIn(path), [4])
})

t.test('it is due to be written anew once much was added to its first entry', async t => {
  const path = join(t.testdir(), 'journal')
  const { journal } = await open(path, 2000)
  await journal.rewrite(entry(1))
  const size = Buffer.byteLength(writeLine(entry(1)))
  let appended = 0
  while (!journal.isDue) await journal.append(entry(2 + appended++))
  t.ok(appended >= 4 + 2000 / size - 1 && appended <= 4 + 2000 / size + 1, `${appended}`)
  await journal.close()
  const { journal: again } = await open(path, 2000)
  t.ok(again.isDue, 'also in the next session')
  await again.rewrite({ ...entry(9), notes: { ['x'.repeat(9000)]: 1 } })
  await again.append(entry(10))
  t.notOk(again.isDue, 'a long first entry may be followed by much')
  await again.close()
})

t.test('a journal that cannot be read or written is told with its reason', async t => {
  const dir = t.testdir({ journal: {} })
  await t.rejects(open(join(dir, 'journal')), { code: 'write_failed', message: /EISDIR/ })
  await t.rejects(open(join(dir, 'none', 'journal')), {
    code: 'write_failed',
    message: /no such file or directory \(ENOENT\)/,
  })
})

t.test('a cut that ends a journal at a line loses that entry alone', async t => {
  const path = join(t.testdir(), 'journal')
  const entries = await written(path, 3)
  truncateSync(path, Buffer.byteLength(entries.slice(0, 2).join('')))
  t.same(await seenIn(path), [1, 2])
})

t.test('what is done is not told to a journal that nobody will find', async t => {
  const dir = t.testdir({ state: {} })
  const { journal } = await open(join(dir, 'state/journal'))
  await journal.rewrite(entry(1))
  renameSync(join(dir, 'state'), join(dir, 'moved'))
  const gone = { code: 'write_failed', message: /journal to stay where it is/ }
  await t.rejects(journal.append(entry(2)), gone)
  await t.rejects(journal.rewrite(entry(2)), gone)
  await journal.close()
  t.same(await seenIn(join(dir, 'moved/journal')), [1])
})

t.test('an entry that could not be read again is not written', async t => {
  const path = join(t.testdir(), 'journal')
  const [first] = await written(path, 1)
  const { journal } = await open(path)
  const bad = { ...entry(2), books: { ...entry(2).books, rows: { sft: -1 } } }
  const refused = { code: 'accounting', message: /entry that can be read again/ }
  await t.rejects(journal.append(bad), refused)
  await t.rejects(journal.rewrite(bad), refused)
  await journal.close()
  t.equal(readFileSync(path, 'utf8'), first)
})
