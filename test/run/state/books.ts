import t from 'tap'
import { Ledger } from '../../../lib/ledger.js'
import { booksOf, recount, restoreBooks } from '../../../lib/run/state/books.js'

const before = {
  books: {
    in: 10,
    kept: 5,
    filtered: { no_pass: 3 },
    rejected: { bad_json: 2 },
    rows: { sft: 5 },
  },
  notes: { 'retry.no_reject': 1 },
}

t.test('a ledger goes on where the last session left it', async t => {
  const ledger = new Ledger()
  t.same(restoreBooks(ledger, before), before.books)
  ledger.entered()
  ledger.keep({ sft: 1, dpo: 2 })
  ledger.note('retry.no_reject')
  t.same(booksOf(ledger), {
    ...before.books,
    in: 11,
    kept: 6,
    rows: { sft: 6, dpo: 2 },
  })
  t.same(ledger.notes, { 'retry.no_reject': 2 })
  t.equal(before.books.kept, 5, 'what the journal said stays as it was')
})

t.test('a run that begins has empty books', async t => {
  const books = restoreBooks(new Ledger(), undefined)
  t.same(books, { in: 0, kept: 0, filtered: {}, rejected: {}, rows: {} })
})

t.test('records that a custom stage made count as input', async t => {
  const ledger = new Ledger()
  ledger.entered()
  ledger.split = 2
  t.equal(booksOf(ledger).in, 3)
})

t.test('what no commit holds is open again, and in stays what was read', async t => {
  const ledger = new Ledger()
  const books = restoreBooks(ledger, before)
  for (let i = 0; i < 4; i++) ledger.entered()
  ledger.keep({ sft: 1 })
  ledger.filter('target_reached')
  recount(ledger, books)
  t.same(booksOf(ledger), { ...before.books, in: 14 })
  t.equal(ledger.open, 4)
})
