import t from 'tap'
import { Ledger } from '../../lib/ledger.js'
import { sentenceOf, summaryOf } from '../../lib/run/summary.js'

const ledger = () => {
  const books = new Ledger()
  for (let i = 0; i < 1234; i++) books.entered()
  for (let i = 0; i < 1230; i++) books.keep({ sft: 1 })
  books.filter('no_pass')
  void books.reject({
    id: 'a',
    query: '',
    seed: { query: '' },
    reject: { stage: 'parse', code: 'bad_json', message: '' },
  })
  books.blank = 2
  return books
}

t.test('the summary of a run has its fields in their order', async t => {
  const books = ledger()
  books.missed('no_pass', 2)
  const summary = summaryOf({
    ledger: books,
    stats: {
      calls: { compose: 3 },
      tokens: { prompt: 10, completion: 20 },
      servers: [
        {
          url: 'http://h:8000',
          limit: 545,
          inFlight: 3,
          reason: 'the KV cache is as full as it should be',
          running: 2,
        },
      ],
    },
    seconds: 1.23456,
    passesOn: false,
    stopped: false,
  })
  t.equal(
    JSON.stringify(summary),
    '{"in":1234,"kept":1230,"filtered":{"no_pass":3},"rejected":{"bad_json":1},"blank":2,"rows":{"sft":1230},"calls":{"compose":3},"tokens":{"prompt":10,"completion":20},"servers":[{"url":"http://h:8000","limit":545,"reason":"the KV cache is as full as it should be"}],"seconds":1.23}',
  )
  t.equal(
    sentenceOf(summary),
    '1,234 in = 1,230 kept + 3 filtered (no_pass 3) + 1 rejected (bad_json 1) · rows: 1,230 sft · 1.23 s',
  )
})

t.test('a single stage tells what it passed on, and a cut run what is open', async t => {
  const books = ledger()
  books.filtered = {}
  const summary = summaryOf({
    ledger: books,
    stats: undefined,
    seconds: 0,
    passesOn: true,
    stopped: true,
  })
  t.same(summary, {
    in: 1234,
    out: 1230,
    rejected: { bad_json: 1 },
    open: 3,
    blank: 2,
    seconds: 0,
    stopped: true,
  })
  t.match(
    sentenceOf(summary),
    /1,230 passed on \+ 1 rejected \(bad_json 1\) \+ 3 cut off/,
  )
})

t.test('it does not change when the ledger goes on', async t => {
  const books = ledger()
  const summary = summaryOf({
    ledger: books,
    stats: undefined,
    seconds: 0,
    passesOn: false,
    stopped: true,
  })
  books.filter('no_pass')
  t.same(summary.filtered, { no_pass: 1 })
})

t.test('records that a custom stage made of others count as input', async t => {
  const books = new Ledger()
  books.entered()
  books.split += 2
  for (const _ of [1, 2, 3]) books.keep({ row: 1 })
  const summary = summaryOf({
    ledger: books,
    stats: undefined,
    seconds: 0,
    passesOn: false,
    stopped: false,
  })
  t.match(summary, { in: 3, kept: 3, open: undefined })
})

t.test('a line that was cut off by the reader of stdout says so', async t => {
  const summary = { in: 3, out: 1, rejected: {}, open: 2, blank: 0, seconds: 1 }
  t.equal(
    sentenceOf(summary, { readerLeft: true }),
    '3 in = 1 passed on + 0 rejected + 2 cut off · 1 s · the reader of stdout went away',
  )
})

t.test('where a write failed, no row is claimed to be written', async t => {
  const summary = {
    in: 1,
    kept: 1,
    filtered: {},
    rejected: {},
    blank: 0,
    rows: { sft: 1 },
    seconds: 1,
  }
  t.equal(
    sentenceOf(summary, { writeFailed: true }),
    '1 in = at most 1 kept + 0 filtered + 0 rejected · 1 s',
  )
})
