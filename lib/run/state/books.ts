/** The books of a run between sessions: from the ledger to the journal and back. */
import { copyCounts, type Counts, type Ledger } from '../../ledger.js'
import type { JournalEntry } from './journal.js'

export type Books = JournalEntry['books']

/** The books as the ledger has them now: only right where nothing is open. */
export const booksOf = (ledger: Ledger): Books => ({
  in: ledger.in + ledger.split,
  kept: ledger.kept,
  filtered: copyCounts(ledger.filtered),
  rejected: copyCounts(ledger.rejected),
  rows: copyCounts(ledger.rows),
})

/** Gives the ledger what earlier sessions counted, and answers the books to be kept from here on. */
export const restoreBooks = (
  ledger: Ledger,
  before: Pick<JournalEntry, 'books' | 'notes'> | undefined,
): Books => {
  const books = before?.books ?? booksOf(ledger)
  ledger.in = books.in
  ledger.kept = books.kept
  copy(books.filtered, ledger.filtered)
  copy(books.rejected, ledger.rejected)
  copy(books.rows, ledger.rows)
  copy(before?.notes ?? {}, ledger.notes)
  return booksOf(ledger)
}

/** Takes back what the ledger counted and no commit holds: those records are open. */
export const recount = (
  ledger: Ledger,
  { kept, filtered, rejected, rows }: Books,
): void => {
  ledger.kept = kept
  for (const [mine, theirs] of [
    [ledger.filtered, filtered],
    [ledger.rejected, rejected],
    [ledger.rows, rows],
  ] as const) {
    for (const code of Object.keys(mine)) delete mine[code]
    copy(theirs, mine)
  }
}

const copy = (from: Counts, to: Counts): void => {
  for (const [code, n] of Object.entries(from)) to[code] = n
}
