import t from 'tap'
import { isOwn, readRecord } from '../../lib/formats/record.js'

t.test(
  'our records have an id and a seed object; a corpus with a seed number is none',
  async t => {
    t.ok(isOwn({ id: 'a-1', seed: { query: 'q' }, query: 'q' }))
    for (const other of [
      { id: 'a', seed: 42 },
      { id: 3, seed: {} },
      { seed: {} },
      null,
      'a',
      [1],
    ])
      t.notOk(isOwn(other))
  },
)

t.test('a record is given back itself, unknown fields and order untouched', async t => {
  const record = { later: 1, query: 'q', seed: { more: 2, query: 'q' }, id: 'a-1' }
  const read = readRecord(record)
  t.ok('record' in read && read.record === (record as unknown))
})

t.test('a record that does not fit says where, in one line', async t => {
  const read = readRecord({
    id: 'a-1',
    seed: { query: 'q' },
    query: 1,
    history: [{ role: 'x' }],
  })
  t.match(read, { code: 'bad_record', message: /at query.*at history\.0\.role/ })
  t.notMatch(read, { message: /\n/ })
})

t.test('null for a field that may be missing is a missing field', async t => {
  const record = {
    id: 'a-1',
    query: 'q',
    history: null,
    system: null,
    seed: { id: null, query: 'q', file: null, line: null },
    responses: [{ text: 'a', finish: 'stop', reasoning: null, pass: null }],
    reject: null,
    own: null,
  }
  t.strictSame(readRecord(record), {
    record: {
      id: 'a-1',
      query: 'q',
      seed: { query: 'q' },
      responses: [{ text: 'a', finish: 'stop' }],
      own: null,
    },
  })
  t.equal(record.history, null, 'what was given is left alone')
})

t.test(
  'a list of ten thousand things that are no questions is told in a line',
  async t => {
    const questions = Array.from({ length: 10_000 }, () => ({ text: 1, why: null }))
    const read = readRecord({ id: 'a-1', query: 'q', seed: { query: 'q' }, questions })
    t.match(read, { code: 'bad_record', message: /questions\.3\.from; and 19992 more$/ })
  },
)

t.test('null for a field that may not is a fault, and the only one told', async t => {
  const record = { id: 'a-1', query: null, system: null, seed: { query: 'q' } }
  t.match(readRecord(record), { code: 'bad_record', message: /received null at query$/ })
  t.match(readRecord({ ...record, query: 'q', history: [null] }), {
    code: 'bad_record',
    message: /at history\.0$/,
  })
})

t.test('half a character is found in whatever a model or a trainer reads', async t => {
  const own = { id: 'a-1', query: 'q', seed: { query: 'q' } }
  const half = 'a\ud83d'
  const bad: [where: string, record: object][] = [
    ['query', { ...own, query: half }],
    ['system', { ...own, system: half }],
    ['seed.query', { ...own, seed: { query: half } }],
    ['history.1', { ...own, history: [turn('a'), turn(half)] }],
    ['questions.0', { ...own, questions: [{ text: half, from: 'seed' }] }],
    ['responses.0', { ...own, responses: [{ text: half, finish: 'stop' }] }],
  ]
  for (const [where, record] of bad)
    for (const text of [undefined, JSON.stringify(record)])
      t.match(readRecord(record, text), {
        code: 'bad_encoding',
        message: new RegExp(`^${where} holds half a character`),
      })
  t.match(readRecord({ ...own, query: '👍', note: half }), { record: { query: '👍' } })
  const rejected = { ...own, reject: { stage: 's', code: 'c', message: half } }
  t.match(readRecord(rejected), { record: { reject: { message: half } } })
})

const turn = (content: string) => ({ role: 'user', content })

t.test('an id that is no text is told, whatever it is', async t => {
  for (const id of [{ length: { toString: 1 } }, [], null, 5, ''])
    t.match(readRecord({ id, query: 'q', seed: { query: 'q' } }), { code: 'bad_record' })
})
