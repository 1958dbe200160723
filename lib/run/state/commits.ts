/**
 * Rows go to the disk in commits: the lines of many records in one write for each output, synced,
 * then one entry of the journal that says so. A commit waits a moment for company, since syncing
 * costs a hundred times what a row does, and only one is on its way at a time.
 */
import { add, type Counts } from '../../ledger.js'
import type { Usage } from '../../model/model.js'
import type { Place } from '../../stages/bookmark.js'
import { rangesOf, type DoneRecords } from './done-records.js'
import type { BytesRead } from './input-trace.js'
import type { Journal, JournalEntry } from './journal.js'
import type { Share } from './record-trail.js'

/** Where an output ends, and what it is known by again. */
export type End = JournalEntry['outputs'][string]

/** Takes whole lines. */
export interface CommittedOutput {
  /** With all that was appended. */
  readonly end: End
  /** As safe as it gets where it goes, when the promise resolves. */
  append(text: string): Promise<void>
  /** Undoes the last `append`, whether it succeeded or not, where that can be. */
  takeBack(): Promise<void>
}

/** What an entry says besides rows. */
export interface Circumstances {
  passed: Place
  read: BytesRead
  notes: Counts
  calls: Counts
  tokens: Usage
  seconds: number
}

export interface CommitsOptions {
  journal: Journal
  /** By the flag that named each. */
  outputs: ReadonlyMap<string, CommittedOutput>
  /** Ends of outputs that this session may not write. */
  unused: JournalEntry['outputs']
  done: DoneRecords
  /** The books so far; brought up to date with each record. */
  books: JournalEntry['books']
  circumstances: () => Circumstances
  /** Throws once the files are another run's. */
  check: () => Promise<void>
  /** Told once, when the disk fails. */
  onError: (error: unknown) => void
}

/** How long a row waits for company at most, in milliseconds. */
const delayMs = 200
/** Characters that are enough company. */
const fullBatch = 1024 * 1024
/** Characters that may wait before the stream has to. */
const mostWaiting = 4 * 1024 * 1024

export class Commits {
  readonly #options: CommitsOptions
  #lines = new Map<string, string[]>()
  #places: number[] = []
  #waiting = 0
  /** Characters on their way to the disk. */
  #leaving = 0
  #changed = false
  #timer: NodeJS.Timeout | undefined
  #running: Promise<void> | undefined
  /** Closed, or the disk has failed: what is done from then on is done again. */
  #over = false
  #begun = false
  #failure: unknown
  #committed: JournalEntry['books']

  constructor(options: CommitsOptions) {
    this.#options = options
    this.#committed = structuredClone(options.books)
  }

  /** The books as the last commit has them. */
  get committed(): JournalEntry['books'] {
    return this.#committed
  }

  /** Says how long the outputs are before anything is written. */
  async begin(): Promise<void> {
    this.#begun = this.#changed = true
    await this.flush()
  }

  /** A record is done; without a place, what is known of one that was lost sight of. */
  add(share: Share, place: number | undefined): void {
    if (this.#over) return
    const { books } = this.#options
    books.in += share.in
    books.kept += share.kept
    for (const name of ['filtered', 'rejected', 'rows'] as const)
      for (const [code, n] of Object.entries(share[name])) add(books[name], code, n)
    for (const [flag, text] of share.texts) {
      const lines = this.#lines.get(flag) ?? []
      lines.push(text)
      this.#lines.set(flag, lines)
      this.#waiting += text.length
    }
    if (place !== undefined) this.#places.push(place)
    this.#changed = true
    if (this.#waiting >= fullBatch) void this.#run()
    else this.#timer ??= setTimeout(() => void this.#run(), delayMs)
  }

  /** Characters that are not on the disk yet. */
  get unwritten(): number {
    return this.#waiting + this.#leaving
  }

  /** A promise asks the stream to wait for the disk. Never rejects. */
  room(): Promise<void> | undefined {
    return this.#waiting < mostWaiting || this.#over ? undefined : this.#run()
  }

  /** Resolves when all that was added is on disk, or the disk has failed. */
  async flush(): Promise<void> {
    while ((this.#changed || this.#running) && !this.#over) await this.#run()
  }

  /** The input has ended and nothing is open: says so, also where no row was left to write. */
  async finish(books: JournalEntry['books'], end: number): Promise<void> {
    await this.flush()
    Object.assign(this.#options.books, books)
    this.#options.done.addAllBefore(end)
    this.#changed = true
    await this.flush()
  }

  /**
   * Commits once more, for calls that were paid for and time that was spent since; what comes
   * after it is too late, and stays open. Answers what the disk failed with, if it did: whoever
   * listened to `onError` may be gone by then.
   */
  async close(): Promise<unknown> {
    this.#changed ||= this.#begun
    await this.flush()
    this.#over = true
    clearTimeout(this.#timer)
    return this.#failure
  }

  #run(): Promise<void> {
    return (this.#running ??= this.#commit().finally(() => {
      this.#running = undefined
      this.#leaving = 0
      if (this.#changed && !this.#over)
        this.#timer ??= setTimeout(() => void this.#run(), delayMs)
    }))
  }

  async #commit(): Promise<void> {
    clearTimeout(this.#timer)
    this.#timer = undefined
    if (this.#over || !this.#changed) return
    const { journal, outputs, unused, done, books, circumstances, check, onError } =
      this.#options
    const lines = this.#lines
    const places = this.#places
    this.#lines = new Map()
    this.#places = []
    this.#leaving = this.#waiting
    this.#waiting = 0
    this.#changed = false

    for (const place of places) done.add(place)
    try {
      const entry = {
        done: rangesOf(places.filter(place => place >= done.low)),
        low: done.low,
        ...circumstances(),
        books: structuredClone(books),
      }
      await check()
      await this.#append(lines)
      const ends = [...outputs].map(([flag, { end }]) => [flag, end] as const)
      const whole = { ...entry, outputs: { ...unused, ...Object.fromEntries(ends) } }
      if (journal.isDue) await journal.rewrite({ ...whole, done: done.ranges() })
      else await journal.append(whole)
      this.#committed = entry.books
    } catch (error) {
      this.#over = true
      this.#failure = error
      onError(error)
    }
  }

  /** To all outputs or to none: who reads two of them finds the same records in both. */
  async #append(lines: ReadonlyMap<string, string[]>): Promise<void> {
    const { outputs } = this.#options
    const parts = [...lines].flatMap(([flag, texts]) => {
      const output = outputs.get(flag)
      return output ? [{ output, text: texts.join('') }] : []
    })
    const ends = await Promise.allSettled(
      parts.map(({ output, text }) => output.append(text)),
    )
    const broken = ends.find(end => end.status === 'rejected')
    if (!broken) return
    await Promise.allSettled(parts.map(({ output }) => output.takeBack()))
    throw broken.reason
  }
}
