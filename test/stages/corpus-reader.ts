import t from 'tap'
import { Ledger } from '../../lib/ledger.js'
import { ordinalOf, type Record } from '../../lib/record.js'
import { CorpusReader } from '../../lib/stages/corpus-reader.js'
import { parseOptions, type ParseOptions } from '../../lib/stages/options.js'
import { firstStrayText } from '../../lib/stages/stray-text.js'

const reader = (options: Partial<ParseOptions> = {}, ledger = new Ledger()) =>
  new CorpusReader(parseOptions.parse(options), ledger)

const places = (records: Record[]) =>
  records.map(({ id, seed }) => [ordinalOf(id), seed.file, seed.line])

t.test('lines count anew in each file, ordinals do not', async t => {
  const corpus = reader()
  corpus.open('a')
  const records = [...corpus.lines('one\n\ntwo'), ...corpus.close()]
  corpus.open('b')
  records.push(...corpus.bytes(Buffer.from('three')), ...corpus.close())
  t.same(places(records), [
    [1, 'a', 1],
    [3, 'a', 3],
    [4, 'b', 1],
  ])
})

t.test('objects between lines take a line number, too', async t => {
  const corpus = reader()
  const records = [
    ...corpus.lines('one'),
    ...corpus.object({ query: 'two' }),
    ...corpus.lines('three'),
    ...corpus.object({ query: 'four' }),
  ]
  t.same(places(records), [
    [1, undefined, 1],
    [2, undefined, 2],
    [3, undefined, 3],
    [4, undefined, 4],
  ])
})

t.test(
  'a file that breaks off leaves one reject with what it held of its last line',
  async t => {
    const corpus = reader()
    corpus.open('a.gz')
    t.equal(corpus.bytes(Buffer.from('one\nha')).length, 1)
    const [broken] = corpus.break('unexpected end of file')
    t.match(broken, {
      seed: { file: 'a.gz', line: 2 },
      reject: {
        code: 'broken_file',
        message: 'a.gz:2: the file broke off in the middle: unexpected end of file',
        raw: 'ha',
      },
    })
    t.same(corpus.close(), [])
    corpus.open('b')
    t.same(places(corpus.lines('next')), [[3, 'b', 1]])
  },
)

t.test('after the limit nothing comes, and nothing is counted', async t => {
  const ledger = new Ledger()
  const corpus = reader({ limit: 1 }, ledger)
  t.notOk(corpus.done)
  t.equal(corpus.lines('one\n\ntwo\n').length, 1)
  t.ok(corpus.done)
  t.same(
    [...corpus.object({ query: 'x' }), ...corpus.break('why'), ...corpus.close()],
    [],
  )
  t.equal(ledger.in, 1)
  t.equal(ledger.blank, 0)
})

t.test('a reader may begin in the middle of a file', async t => {
  const corpus = reader()
  corpus.open('a', { lines: 4, ordinal: 9 })
  t.same(places([...corpus.lines('one\ntwo')]), [
    [10, 'a', 5],
    [11, 'a', 6],
  ])
})

/** How many lines were told as stray text, and the first of them. */
const strays = (text: string, options: Partial<ParseOptions> = {}) => {
  const ledger = new Ledger()
  const corpus = reader(options, ledger)
  corpus.open('a.jsonl')
  const records = [...corpus.lines(text), ...corpus.close()]
  return [ledger.notes['parse.stray_text'], firstStrayText(ledger), records.length]
}
const json = '{"query":"a"}\n'
const torn = 'x","source":"s","lang":"en"\n\u001b[31m{"evil\n'

t.test('text among JSON lines becomes prompts, and is counted and placed', async t => {
  t.same(strays(json + json + torn), [2, 'a.jsonl:3', 4])
  t.same(strays(`torn\n${json}`), [1, 'a.jsonl:1', 2], 'also before the first of them')
})

t.test('a file of prompts with an odd line of JSON is no such file', async t => {
  t.same(strays(`one\ntwo\n${json}three\n`), [undefined, undefined, 4])
  t.same(strays('one\n"two"\n42\n'), [undefined, undefined, 3])
})

t.test('nor is what was rejected or passed over told as taken', async t => {
  t.same(strays(json + torn, { format: 'query' }), [undefined, undefined, 3])
  t.same(strays(json + json + torn, { skip: 4 }), [undefined, undefined, 0])
})

t.test('each file is looked at for itself', async t => {
  const ledger = new Ledger()
  const corpus = reader({}, ledger)
  for (const text of [json, 'one\n']) {
    corpus.open('a')
    corpus.lines(text)
    corpus.close()
  }
  t.equal(ledger.notes['parse.stray_text'], undefined)
})

t.test('what is nested too deeply is told as that', async t => {
  const deep = `${'['.repeat(1001)}${']'.repeat(1001)}`
  t.match(reader().lines(deep)[0]?.reject, {
    code: 'bad_json',
    message: 'line 1: the line is nested more than 1000 levels deep',
  })
  const cycle: { again?: object } = {}
  cycle.again = cycle
  t.match(reader().object(cycle)[0]?.reject, { message: /levels deep, or has a cycle$/ })
})
