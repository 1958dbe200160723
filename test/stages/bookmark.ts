/**
 * Reading in sessions: whatever was done of an input when a session ended, the next one reads the
 * rest, each record once, in whatever pieces the bytes come.
 */
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs'
import t, { type Test } from 'tap'
import { gzipSync } from 'node:zlib'
import { Failure } from '../../lib/errors.js'
import { DoneRecords } from '../../lib/run/state/done-records.js'
import { InputTrace, type BytesRead } from '../../lib/run/state/input-trace.js'
import { ReadSoFar } from '../../lib/run/state/read-so-far.js'
import { accountedIn, Ledger } from '../../lib/ledger.js'
import type { Record } from '../../lib/record.js'
import type { Place } from '../../lib/stages/bookmark.js'
import { parseOptions, type ParseOptions } from '../../lib/stages/options.js'
import { openRecords, recordsReadable } from '../../lib/stages/read-records.js'
import type { Source } from '../../lib/jsonl/files.js'

type Options = Partial<ParseOptions>

/** What is on disk between sessions. */
interface Left {
  done: DoneRecords
  passed: Place
  read: BytesRead | undefined
}

const nothing = (): Left => ({
  done: new DoneRecords(),
  passed: { lines: 0, records: 0 },
  read: undefined,
})

interface Session {
  /** `ordinal id query` of the records that were given out. */
  given: string[]
  /** Records in the books, and blank lines. */
  in: number
  blank: number
  left: Left
}

interface SessionOptions extends Options {
  from?: Left
  /** Ends the session when so many records were given out; open ones stay open. */
  stopAfter?: number
  /** Which of them get done; all of them as a rule. */
  finishes?: (ordinal: number) => boolean
  force?: boolean
}

type Input = string[] | Source[]

/** Reads in one session, and is gone: without a word where it is stopped. */
const session = async (
  input: Input,
  {
    from = nothing(),
    stopAfter = Infinity,
    finishes = () => true,
    force = false,
    ...parse
  }: SessionOptions = {},
): Promise<Session> => {
  const options = parseOptions.parse(parse)
  const ledger = new Ledger()
  const { done } = from
  const trace = new InputTrace(from.read, why => {
    if (!force) throw new Failure('state_mismatch', why)
  })
  const mark = new ReadSoFar({ passed: from.passed, skip: options.skip }, done, trace)
  const ordinals = new Map<Record, number>()
  ledger.trail = {
    entered: (record, ordinal) => void ordinals.set(record, ordinal),
    became: () => {},
    settled: () => {},
    rowBecame: () => {},
    rowRejected: () => {},
  }
  const readable = accountedIn(ledger, () =>
    isNames(input)
      ? openRecords(input, parse, undefined, mark)
      : recordsReadable(() => input, options, undefined, mark),
  )
  const given: string[] = []
  for await (const record of readable as AsyncIterable<Record>) {
    const ordinal = ordinals.get(record) as number
    given.push(`${ordinal} ${record.id} ${record.reject?.code ?? record.query}`)
    if (finishes(ordinal)) done.add(ordinal)
    if (given.length >= stopAfter) break
  }
  return {
    given,
    in: ledger.in,
    blank: ledger.blank,
    left: { done, passed: mark.passedNow(), read: trace.position },
  }
}

const isNames = (input: Input): input is string[] => typeof input[0] === 'string'

/** A text as if from a pipe, in pieces of so many bytes. */
const inPieces = (texts: (string | Buffer)[], size: number): Source[] =>
  texts.map((text, at) => ({
    file: texts.length > 1 ? `file-${at}` : undefined,
    chunks: async function* () {
      const bytes = Buffer.from(text)
      for (let start = 0; start < bytes.length; start += size)
        yield bytes.subarray(start, start + size)
    },
  }))

const turns = (...queries: string[]) =>
  `${JSON.stringify({
    messages: queries.flatMap(content => [
      { role: 'user', content },
      { role: 'assistant', content: 'yes' },
    ]),
  })}\n`

const mixed = [
  '{"query":"one"}\n\ntwo\n',
  turns('three', 'four', 'five'),
  '{"broken\n',
  '   \n{"query":"six"}\r\n',
  turns('seven'),
  `{"query":"${'8'.repeat(40)}"}\n`,
  Buffer.from('\xff latin\n', 'latin1'),
  turns('nine', 'ten'),
  'eleven',
]
const corpus = Buffer.concat(mixed.map(text => Buffer.from(text)))
const options: Options = { turns: 'each', maxLine: 300 }

/** Goes on, session by session, until nothing is left; each ends after `stopAfter` records. */
const toTheEnd = async (
  t: Test,
  inputOf: (session: number) => Input,
  more: (session: number) => SessionOptions,
): Promise<string[]> => {
  const given: string[] = []
  let left = nothing()
  for (let number = 0; number < 100; number++) {
    const one = await session(inputOf(number), { from: left, ...more(number) })
    left = one.left
    given.push(...one.given)
    if (one.given.length < (more(number).stopAfter ?? Infinity)) return given
  }
  t.fail('it never ended')
  return given
}

t.test(
  'sessions of any length, on bytes in any pieces, give each record once',
  async t => {
    const { given: whole } = await session(inPieces([corpus], 1000), options)
    t.ok(whole.length > 12)
    for (const stopAfter of [1, 3, 13])
      for (const size of [1, 7, 64, 1000]) {
        const given = await toTheEnd(
          t,
          number => inPieces([corpus], size + number),
          () => ({ ...options, stopAfter }),
        )
        t.same(given, whole, `${stopAfter} records a session, pieces of ${size}`)
      }
  },
)

t.test('records that were open come again, and only they', async t => {
  const { given: whole } = await session(inPieces([corpus], 1000), options)
  for (let seed = 0; seed < 8; seed++) {
    const open = (ordinal: number) => ((ordinal + 1) * (seed + 3) * 7919) % 5 < 2
    const first = await session(inPieces([corpus], 50), {
      ...options,
      finishes: ordinal => !open(ordinal),
    })
    const second = await session(inPieces([corpus], 1 + seed), {
      ...options,
      from: first.left,
    })
    t.same(
      second.given,
      whole.filter((_, ordinal) => open(ordinal)),
    )
    t.equal(second.in, second.given.length)
    t.equal(second.blank, 2, 'blank lines are counted by whoever reads')
    const third = await session(inPieces([corpus], 9), { ...options, from: second.left })
    t.same(third.given, [])
  }
})

t.test('skip and limit are those of the whole input', async t => {
  for (const skip of [0, 4])
    for (const limit of [1, 3, 6]) {
      const { given: whole } = await session(inPieces([corpus], 1000), {
        ...options,
        skip,
        limit,
      })
      for (const size of [1, 1000]) {
        const given = await toTheEnd(
          t,
          number => inPieces([corpus], number % 2 === 0 ? size : 1000),
          () => ({ ...options, skip, limit, stopAfter: 2 }),
        )
        t.same(given, whole, `skip ${skip}, limit ${limit}, pieces of ${size}`)
      }
    }
})

t.test('a higher limit goes on in the middle of a line of several prompts', async t => {
  const { given: whole } = await session(inPieces([corpus], 1000), options)
  for (const size of [1, 1000])
    for (let limit = 1; limit < whole.length; limit++) {
      const input = inPieces([corpus], size)
      const first = await session(input, { ...options, limit })
      const second = await session(input, { ...options, from: first.left })
      t.same([...first.given, ...second.given], whole, `limit ${limit}, size ${size}`)
    }
})

t.test(
  'the same limit reads as far as before, though bytes come in smaller pieces',
  async t => {
    const first = await session(inPieces([corpus], 1000), {
      ...options,
      limit: 3,
      finishes: ordinal => ordinal !== 1,
    })
    const second = await session(inPieces([corpus], 10), {
      ...options,
      limit: 3,
      from: first.left,
    })
    t.match(second.given, [/two$/])
  },
)

t.test('a lower limit takes nothing back, and refuses nothing', async t => {
  const first = await session(inPieces([corpus], 10), { ...options, stopAfter: 8 })
  for (const limit of [0, 1, 8]) {
    const lower = await session(inPieces([corpus], 3), {
      ...options,
      limit,
      from: first.left,
    })
    t.same(lower.given, [])
  }
})

t.test('several files go on as one, packed and plain, also where one ends', async t => {
  const dir = t.testdir({
    'a.jsonl': 'one\ntwo',
    'b.gz': gzipSync('three\n\nfour\n'),
    empty: '',
    'c.txt': 'five\nsix\n',
  })
  const files = ['a.jsonl', 'b.gz', 'empty', 'c.txt'].map(name => `${dir}/${name}`)
  const { given: whole } = await session(files)
  t.equal(whole.length, 6)
  for (let stopAfter = 1; stopAfter <= 6; stopAfter++)
    t.same(
      await toTheEnd(
        t,
        () => files,
        () => ({ stopAfter }),
      ),
      whole,
    )
})

t.test('a large gzip file goes on where it was left', async t => {
  const lines = Array.from({ length: 5000 }, (_, i) => `{"query":"prompt ${i * i}"}\n`)
  const dir = t.testdir({ 'a.gz': gzipSync(lines.join('')) })
  const first = await session([`${dir}/a.gz`], { stopAfter: 3000 })
  const second = await session([`${dir}/a.gz`], { from: first.left })
  t.equal(first.given.length + second.given.length, 5000)
  t.equal(new Set([...first.given, ...second.given]).size, 5000)
})

const grown = async (t: Test, before: string | Buffer, more: string | Buffer) => {
  const file = `${t.testdir({ file: before })}/file`
  const { left, given } = await session([file])
  appendFileSync(file, more)
  const next = () => session([file], { from: left })
  return { given, next, file, left }
}

t.test('an input that has grown gives what is new', async t => {
  const plain = await grown(t, 'one\ntwo', '\nthree')
  t.match((await plain.next()).given, [/three$/])
  const packed = await grown(t, gzipSync('one\ntwo\n'), gzipSync('three\n'))
  t.match((await packed.next()).given, [/three$/])
})

t.test('a line that was taken for whole may not grow, however much comes', async t => {
  const why = 'its last line had no line end, and is longer now'
  for (const more of [' and', ` ${'x'.repeat(300_000)}\nthree\n`])
    await t.rejects((await grown(t, 'one\ntwo', more)).next(), { message: why })
})

t.test('nor the last line of a gzip file, by another member', async t => {
  const { next } = await grown(t, gzipSync('one\ntwo'), gzipSync(' and more\nthree\n'))
  await t.rejects(next(), { message: 'it broke off there, and goes on now' })
})

t.test('nor a file that broke off: its reject would stand for a good line', async t => {
  const whole = gzipSync('one\ntwo\nthree\n')
  for (const at of [whole.length - 1, whole.length - 4, whole.length - 9]) {
    const { next, given } = await grown(t, whole.subarray(0, at), whole.subarray(at))
    t.match(given.at(-1), /broken_file$/)
    await t.rejects(next(), { message: 'it broke off there, and goes on now' })
  }
})

t.test('no record goes on before the input is known to be that of before', async t => {
  const lines = Array.from({ length: 20_000 }, (_, i) => `{"query":"prompt ${i}"}\n`)
  const file = `${t.testdir({ file: lines.join('') })}/file`
  const { left } = await session([file], { finishes: ordinal => ordinal % 1000 !== 0 })
  writeFileSync(file, readFileSync(file, 'utf8').replace('prompt 19999', 'prompt x9999'))
  const given: unknown[] = []
  const refused = new Failure('state_mismatch', 'it has changed')
  const trace = new InputTrace(left.read, () => {
    throw refused
  })
  const mark = new ReadSoFar({ passed: left.passed, skip: 0 }, left.done, trace)
  const readable = openRecords([file], {}, undefined, mark)
  await t.rejects(async () => {
    for await (const record of readable) given.push(record)
  }, refused)
  t.same(given, [])
})

t.test('where a change is let pass, what was open is still worked on', async t => {
  const file = `${t.testdir({ file: 'one\ntwo\nthree\nfour\n' })}/file`
  const { left } = await session([file], { finishes: ordinal => ordinal !== 1 })
  writeFileSync(file, 'one\ntwo\nthree\n')
  const { given } = await session([file], { from: left, force: true })
  t.match(given, [/two$/])
})
