import t from 'tap'
import { parseOptions, type ParseOptions } from '../../lib/stages/options.js'
import {
  recordsOfJson,
  recordsOfText,
  rejected,
  type Place,
} from '../../lib/stages/row-records.js'

const place: Place = { file: 'f', line: 3, ordinal: 9, text: 'the line' }
const options = (given: Partial<ParseOptions> = {}) => parseOptions.parse(given)
const silent = () => {}
const only = (value: unknown, given?: Partial<ParseOptions>) =>
  recordsOfJson(value, place, options(given), silent)[0]

t.test(
  'the hash is over the words said, not over the shape or the fields beside them',
  async t => {
    const id = only({ query: 'a' })?.id
    t.match(id, /^[0-9a-f]{16}-9$/)
    t.equal(only({ prompt: 'a', score: 1 })?.id, id)
    t.equal(only({ messages: [{ role: 'user', content: 'a' }] })?.id, id)
    t.equal(recordsOfText('a', place, options(), silent)[0]?.id, id)
    t.not(only({ query: 'b' })?.id, id)
    t.not(only({ query: 'a', system: 'S' })?.id, id)
  },
)

t.test('rows that say nothing still differ in their hashes', async t => {
  const reject = (text: string) =>
    rejected({ ...place, text }, { code: 'bad_json', message: 'm' }).id
  t.not(reject('one'), reject('two'))
  const empty = (text: string) =>
    recordsOfJson({ messages: [] }, { ...place, text }, options(), silent)[0]?.id
  t.not(empty('one'), empty('two'))
})

t.test('a reject names the place, the corpus own id and the line', async t => {
  t.match(only({ id: 'x', query: '' }), {
    query: '',
    seed: { id: 'x', query: '', file: 'f', line: 3 },
    reject: {
      stage: 'parse',
      code: 'empty_query',
      message: 'f:3: the prompt is empty',
      raw: 'the line',
    },
  })
  const { file, ...stdin } = place
  t.match(rejected(stdin, { code: 'bad_json', message: 'm' }).reject, {
    message: 'line 3: m',
  })
})

t.test(
  'a JSON string is a prompt where the shape is open, and no object where it is not',
  async t => {
    t.equal(only('a')?.query, 'a')
    t.equal(only('a', { format: 'query' })?.reject?.code, 'not_an_object')
  },
)

t.test('a list is refused with the way to split it', async t => {
  t.match(only([1])?.reject, {
    code: 'not_an_object',
    message: /got a list; for one object a line: jq/,
  })
})

t.test(
  'of a corpus line stay the prompt and its id, and nothing beside them',
  async t => {
    const given = {
      prompt: 'hi',
      id: 7,
      licence: 'MIT',
      source: 's',
      output: 'an answer',
    }
    const { id: _id, ...record } = only(given) ?? {}
    t.strictSame(record, {
      query: 'hi',
      seed: { id: 7, query: 'hi', file: 'f', line: 3 },
    })
  },
)

t.test('of a record of ours everything stays', async t => {
  const record = {
    id: 'a',
    query: 'hi',
    licence: 'MIT',
    seed: { query: 'hi', source: 's' },
  }
  t.strictSame(only(record), record)
})

t.test('fields of a record without its id and seed are left out, and noted', async t => {
  const noted = (value: object) => {
    const notes: string[] = []
    const [record] = recordsOfJson(value, place, options(), name => notes.push(name))
    t.same(Object.keys(record ?? {}), ['id', 'query', 'seed'])
    return notes
  }
  const told = ['parse.not_a_record']
  t.same(noted({ query: 'ok', responses: 'notalist' }), told)
  t.same(noted({ query: 'ok', questions: [{ text: 'q' }], passes: [] }), told)
  t.same(noted({ query: 'ok', responses: null, output: 'an answer' }), [])
})
