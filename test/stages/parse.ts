import { readFileSync } from 'node:fs'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { gzipSync } from 'node:zlib'
import _ from 'highland'
import t from 'tap'
import { collect, collectAll } from '../../fixtures/collect.js'
import { toDuplex } from '../../lib/flow/to-duplex.js'
import { accountedIn, Ledger } from '../../lib/ledger.js'
import { ordinalOf, Record } from '../../lib/record.js'
import { parse } from '../../lib/stages/parse.js'

type Item = Uint8Array | string | object
type Options = Parameters<typeof parse>[0]

const broken = readFileSync(
  new URL('../../fixtures/samples/broken.jsonl', import.meta.url),
)

const read = (items: Item[], options: Options = {}): Promise<Record[]> =>
  collect(_<Item>(items).through(parse(options)))

const lines = (...rows: unknown[]): string =>
  rows.map(row => `${typeof row === 'string' ? row : JSON.stringify(row)}\n`).join('')

const queries = (records: Record[]): string[] =>
  records.map(record => record.reject?.code ?? record.query)

t.test(
  'every kind of bad line is a reject with file, line and text, and the good ones come',
  async t => {
    const ledger = new Ledger()
    const records = await accountedIn(ledger, () =>
      read([broken], { file: 'broken.jsonl', maxLine: 1024 }),
    )
    t.same(
      records.map(record => [record.seed.line, record.reject?.code ?? 'ok']),
      [
        [1, 'ok'],
        [2, 'not_an_object'],
        [5, 'ok'],
        [6, 'bad_json'],
        [7, 'bad_json'],
        [8, 'bad_encoding'],
        [9, 'bad_encoding'],
        [10, 'ok'],
        [11, 'not_an_object'],
        [12, 'not_an_object'],
        [13, 'ok'],
        [14, 'unknown_format'],
        [15, 'empty_query'],
        [16, 'unknown_format'],
        [17, 'no_user_turn'],
        [18, 'not_text'],
        [19, 'bad_history'],
        [20, 'bad_record'],
        [21, 'ok'],
        [22, 'line_too_long'],
        [23, 'ok'],
        [24, 'bad_json'],
        [25, 'bad_encoding'],
        [26, 'ok'],
        [27, 'bad_json'],
      ],
    )
    t.equal(ledger.in, records.length)
    t.equal(ledger.blank, 2)
    t.equal(new Set(records.map(record => record.id)).size, records.length)
    for (const record of records) {
      t.ok(Record.safeParse(record).success, record.id)
      t.equal(ordinalOf(record.id), record.seed.line)
      t.equal(record.seed.file, 'broken.jsonl')
      if (!record.reject) continue
      t.equal(record.reject.stage, 'parse')
      t.ok(record.reject.message.startsWith(`broken.jsonl:${record.seed.line}: `))
      t.ok((record.reject.raw as string).length > 0)
    }
    t.match(records.at(-1)?.reject, {
      message: /ends in the middle of it/,
      raw: /^{"id": "torn"/,
    })
  },
)

t.test('cut anywhere, the same bytes give the same records and ids', async t => {
  const whole = await read([broken], { maxLine: 1024 })
  for (let cut = 1; cut < broken.length; cut += 7)
    t.same(
      await read([broken.subarray(0, cut), broken.subarray(cut)], { maxLine: 1024 }),
      whole,
      `cut at ${cut}`,
    )
  const bytes = [...broken].map(byte => Buffer.of(byte))
  t.same(await read(bytes, { maxLine: 1024 }), whole, 'byte by byte')
  t.same(await read([gzipSync(broken)], { maxLine: 1024 }), whole, 'gzip')
})

t.test('a short input cut at every offset, in three pieces, is the same', async t => {
  const input = Buffer.from('\ufeff{"id":1,"query":"é"}\r\n\n日本?\n{"x"\n"s"')
  const whole = await read([input])
  t.same(queries(whole), ['é', '日本?', 'bad_json', 's'])
  for (let a = 0; a <= input.length; a++)
    for (let b = a; b <= input.length; b += 3)
      t.same(
        await read([input.subarray(0, a), input.subarray(a, b), input.subarray(b)]),
        whole,
        `cut at ${a} and ${b}`,
      )
})

t.test('bytes, lines and objects of the same rows give the same records', async t => {
  const rows = [{ id: 1, query: 'a' }, { messages: [{ role: 'user', content: 'b' }] }]
  const fromBytes = await read([Buffer.from(lines(...rows))])
  t.same(await read(rows), fromBytes)
  t.same(
    await read(rows.map(row => JSON.stringify(row))),
    fromBytes,
    'lines without line ends',
  )
  t.same(await read([lines(...rows)]), fromBytes, 'several lines in one string')
  t.same(await read([rows[0] as object, lines(rows[1])]), fromBytes, 'mixed')
})

t.test('an item that is no bytes ends the line before it', async t => {
  t.same(
    queries(
      await read([Buffer.from('first'), 'second', Buffer.from('third'), { query: 'x' }]),
    ),
    ['first', 'second', 'third', 'x'],
  )
})

t.test(
  'ids: duplicates differ by their ordinal, blank and bad lines count as lines',
  async t => {
    const records = await read(['{"query":"a"}\n\n{"query":\n{"query":"a"}\n  a\n'])
    const [first, bad, second] = records.map(
      record => record.id.split('-') as [string, string],
    )
    t.same(
      records.map(record => ordinalOf(record.id)),
      [1, 3, 4, 5],
    )
    t.equal(first?.[0], second?.[0], 'same words, same hash')
    t.not(first?.[0], bad?.[0])
    t.match(first?.[0], /^[0-9a-f]{16}$/)
  },
)

t.test('an id does not depend on which turns are wanted', async t => {
  const conversation = {
    conversations: ['a', 'b', 'c', 'd', 'e'].map((value, i) => ({
      from: i % 2 ? 'gpt' : 'human',
      value,
    })),
  }
  const ids = async (turns: 'last' | 'first' | 'each') =>
    (await read([conversation], { turns })).map(record => record.id)
  const each = await ids('each')
  t.match(each, [/^[0-9a-f]{16}-1$/, /^[0-9a-f]{16}-1\.t2$/, /^[0-9a-f]{16}-1\.t3$/])
  t.same(await ids('first'), each.slice(0, 1))
  t.same(await ids('last'), each.slice(-1))
})

t.test('a record has what the row gave and nothing else', async t => {
  const [record] = await read(
    [{ id: 'x', query: 'c', history: [['a', 'b']], system: 'S', score: 5 }],
    { file: 'f.jsonl' },
  )
  t.strictSame(record, {
    id: record?.id,
    query: 'c',
    history: [
      { role: 'user', content: 'a' },
      { role: 'assistant', content: 'b' },
    ],
    system: 'S',
    seed: { id: 'x', query: 'c', file: 'f.jsonl', line: 1 },
  })
  t.same(Object.keys((await read(['only']))[0] as Record), ['id', 'query', 'seed'])
})

t.test('what was put right in a history is counted', async t => {
  const ledger = new Ledger()
  await accountedIn(ledger, () =>
    read([
      { query: 'c', history: [{ from: 'gpt', value: 'b' }] },
      { query: 'c', history: [] },
    ]),
  )
  t.same(ledger.notes, { history_repaired: 1 })
})

t.test(
  'skip passes over records, limit ends after them; ids stay those of the lines',
  async t => {
    const input = ['a\n\nb\n{bad\nc\nd\n']
    const all = await read(input)
    t.same(queries(all), ['a', 'b', 'bad_json', 'c', 'd'])
    for (let skip = 0; skip <= 6; skip++)
      for (let limit = 0; limit <= 6; limit++) {
        const ledger = new Ledger()
        const got = await accountedIn(ledger, () => read(input, { skip, limit }))
        t.same(got, all.slice(skip, skip + limit), `skip ${skip}, limit ${limit}`)
        t.equal(ledger.in, got.length)
      }
  },
)

t.test(
  'skip and limit count records, not lines, and may fall inside a conversation',
  async t => {
    const conversation = {
      messages: ['u', 'a', 'u', 'a', 'u'].map((who, i) => ({
        role: who === 'u' ? 'user' : 'assistant',
        content: `${i}`,
      })),
    }
    t.same(
      queries(await read([conversation, 'x'], { turns: 'each', skip: 1, limit: 2 })),
      ['2', '4'],
    )
  },
)

t.test('at the limit nothing more is asked of the source', async t => {
  let asked = 0
  const endless = _<Item>((push, next) => {
    asked++
    push(null, `line ${asked}\n`)
    next()
  })
  t.same(queries(await collect(endless.through(parse({ limit: 3 })))), [
    'line 1',
    'line 2',
    'line 3',
  ])
  t.ok(asked <= 4, `${asked} asked for`)
})

t.test('at the limit a Node pipeline ends, too', async t => {
  const seen: Record[] = []
  await pipeline(
    Readable.from(Array.from({ length: 500 }, (_, i) => `line ${i}\n`)),
    toDuplex(parse({ limit: 3 })),
    async (records: AsyncIterable<Record>) => {
      for await (const record of records) seen.push(record)
    },
  )
  t.same(queries(seen), ['line 0', 'line 1', 'line 2'])
})

t.test(
  'records of ours pass as they are, uncounted, whatever skip and limit say',
  async t => {
    const own = { id: 'mine-1', query: 'q', seed: { query: 'q' }, extra: { deep: [1n] } }
    const ledger = new Ledger()
    const got = await accountedIn(ledger, () =>
      read([own, own], { skip: 1, format: 'query' }),
    )
    t.equal(got[0], own as unknown, 'the object itself')
    t.equal(got.length, 2)
    t.equal(ledger.in, 0)
  },
)

t.test('a line that is a record of ours is counted and keeps its id', async t => {
  const own = {
    id: 'mine-1',
    query: 'q',
    seed: { query: 'q' },
    reject: { stage: 's', code: 'c', message: 'm' },
  }
  const ledger = new Ledger()
  const got = await accountedIn(ledger, () => read([lines(own)]))
  t.same(got, [own])
  t.equal(ledger.in, 1)
})

t.test(
  'plain prompts: what only looks like JSON is a reject in auto, a prompt in text',
  async t => {
    const input = [
      '{name} is who?\n"Carpe diem" means?\n[1] is a list\n3 rivers\nnull\n  indented\n',
    ]
    t.same(queries(await read(input)), [
      'bad_json',
      'bad_json',
      'bad_json',
      '3 rivers',
      'not_an_object',
      '  indented',
    ])
    t.match((await read(input))[0]?.reject, {
      message: /--format text/,
      raw: '{name} is who?',
    })
    t.same(queries(await read(input, { format: 'text' })), [
      '{name} is who?',
      '"Carpe diem" means?',
      '[1] is a list',
      '3 rivers',
      'null',
      '  indented',
    ])
  },
)

t.test(
  'in a format of JSON rows a line of text is bad, and another shape is unknown',
  async t => {
    const input = [
      'plain\n"string"\n{"prompt":"p"}\n{"id":"a","seed":{"query":"q"},"query":"q"}\n',
    ]
    t.same(queries(await read(input, { format: 'messages' })), [
      'bad_json',
      'not_an_object',
      'unknown_format',
      'unknown_format',
    ])
    t.same(queries(await read(input, { format: 'record' })), [
      'bad_json',
      'bad_record',
      'bad_record',
      'q',
    ])
  },
)

t.test('UTF-16 is told as bad encoding and never taken for a prompt', async t => {
  const records = await read([
    Buffer.from('\ufeff{"query":"a"}\n{"query":"b"}\n', 'utf16le'),
  ])
  t.ok(records.length > 0)
  t.ok(records.every(record => record.reject))
  t.match(records[0]?.reject, { code: 'bad_encoding', message: /UTF-16/ })
})

t.test('NUL in a JSON text or in a file of prompts is an ordinary character', async t => {
  t.same(queries(await read(['{"query":"a\\u0000b"}'])), ['a\0b'])
  t.same(queries(await read(['a\0b'], { format: 'text' })), ['a\0b'])
})

t.test('nesting without end is a reject, and the next line is read', async t => {
  const deep = `{"query":"a","x":${'['.repeat(50_000)}${']'.repeat(50_000)}}`
  const own = deep.replace('{', '{"id":"i","seed":{"query":"a"},')
  const records = await read([lines(deep, own, 'after')])
  t.same(queries(records), ['bad_json', 'bad_json', 'after'])
  t.match(records[0]?.reject, { message: /more than 1000 levels/ })
})

t.test('an object that no line could hold harms nobody', async t => {
  const cycle: { [key: string]: unknown } = { query: 'a' }
  cycle['self'] = cycle
  const records = await read([
    cycle,
    { big: 1n },
    { query: 'b', big: 1n },
    new Map(),
    'c',
  ])
  t.same(queries(records), ['bad_json', 'unknown_format', 'b', 'unknown_format', 'c'])
})

t.test('fields named like those of Object.prototype do no harm', async t => {
  const records = await read([
    '{"__proto__":{"query":"polluted"},"constructor":1,"query":"fine"}\n{"__proto__":{"query":"p"}}\n',
    '{"messages":[{"role":"__proto__","content":"x"}]}',
  ])
  t.same(queries(records), ['fine', 'unknown_format', 'bad_history'])
  t.notOk('query' in {})
})

t.test('integers beyond 2^53 keep their digits in seed.id', async t => {
  const records = await read([
    '{"id":1234567890123456789,"query":"a"}\n{"id":7,"query":"b"}\n',
  ])
  t.same(
    records.map(record => record.seed.id),
    ['1234567890123456789', 7],
  )
})

t.test('a very long line is clipped in its reject, and the rest is read', async t => {
  const long = `{"query":"${'x'.repeat(300_000)}`
  const [bad, good] = await read([`${long}\nafter\n`])
  t.equal(bad?.reject?.code, 'bad_json')
  t.ok((bad?.reject?.raw as string).length < 20_000)
  t.equal(good?.query, 'after')
})

t.test('broken gzip gives its lines so far and one reject', async t => {
  let text = ''
  for (let i = 0; i < 2000; i++) text += `prompt number ${i} ${Math.sin(i)}\n`
  const gzip = gzipSync(text)
  const records = await read(
    [gzip.subarray(0, gzip.length - 1500), Buffer.from('ignored')],
    {
      file: 'cut.gz',
    },
  )
  const rejects = records.filter(record => record.reject)
  t.ok(records.length > 1000)
  t.equal(rejects.length, 1)
  t.equal(records.at(-1), rejects[0])
  t.match(rejects[0], {
    reject: { code: 'broken_file', message: /^cut\.gz:\d+: the file broke off.*:/ },
    seed: { file: 'cut.gz', line: records.length },
  })
  t.equal(new Set(records.map(record => record.id)).size, records.length)
})

t.test('a whole gzip corpus may end without a line end', async t => {
  t.same(queries(await read([gzipSync('a\nb')])), ['a', 'b'])
  t.same(queries(await read([gzipSync('a\nb\nc\nd')], { limit: 2 })), ['a', 'b'])
})

t.test('an empty input has no records', async t => {
  for (const items of [[], [Buffer.alloc(0)], [''], ['\n\n'], [Buffer.from('\ufeff')]])
    t.same(await read(items), [])
})

t.test('an error of the source passes through, and reading goes on', async t => {
  const source = _<Item>(push => {
    push(null, 'a\n')
    push(new Error('upstream'))
    push(null, 'b\n')
    push(null, _.nil as never)
  })
  const { values, errors } = await collectAll(source.through(parse()))
  t.same(queries(values), ['a', 'b'])
  t.match(errors, [{ message: 'upstream' }])
})

t.test('a wrong option fails where the stage is made', async t => {
  t.throws(() => parse({ formt: 'auto' } as Options))
  t.throws(() => parse({ limit: -1 }))
})
