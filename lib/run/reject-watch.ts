/**
 * Ends a run in which something is systematically wrong (a key refused, a model's name mistyped,
 * a judge that never answers) before it has gone through the corpus, and says what is wrong.
 *
 * Counted is what failed here: rejects, and records that no verdict could be had on. Those that
 * came in marked failed elsewhere. A share is one of the records read so far, since what fails
 * fails early: of the records settled at the start of a sound run, nearly all may be its few bad
 * lines.
 */
import { isCarried } from '../carried-rejects.js'
import { entryOf } from '../codes.js'
import { Failure } from '../errors.js'
import { sum, type Ledger } from '../ledger.js'
import type { Record } from '../record.js'
import { placeOf, whyOf } from './first-rejects.js'
import { printable } from './printable.js'
import { count } from './summary.js'

/** More than so many records, or more than such a share of them (0 to 1). */
export type RejectLimit = { records: number } | { share: number }

/** No share is looked at before so many records are settled, but for the end of the input. */
export const leastSettled = 100

export interface RejectWatchOptions {
  /** Without one nothing is too much. */
  limit: RejectLimit | undefined
  /** As it stands when this session begins. */
  ledger: Ledger
  /** Called once, at the record that was one too many. */
  onTooMany: (failure: Failure) => void
}

export class RejectWatch {
  readonly #limit: RejectLimit | undefined
  readonly #ledger: Ledger
  readonly #onTooMany: (failure: Failure) => void
  readonly #first = new Map<string, { n: number; place: string; message: string }>()
  /** What an earlier session of a durable run read and settled is its own affair. */
  readonly #readBefore: number
  readonly #settledBefore: number
  #failed = 0
  #carried = 0
  #told = false

  constructor({ limit, ledger, onTooMany }: RejectWatchOptions) {
    this.#limit = limit
    this.#ledger = ledger
    this.#onTooMany = onTooMany
    this.#readBefore = ledger.in + ledger.split
    this.#settledBefore = settledIn(ledger)
  }

  rejected(record: Record): void {
    if (isCarried(record)) this.#carried++
    else this.#see(record, record.reject?.code ?? 'unknown', record.reject?.message ?? '')
  }

  unjudged(record: Record, why: string): void {
    this.#see(record, unjudged, why)
  }

  /** At the end of the input, when the share is what it is, of however few records. */
  atEnd(): Failure | undefined {
    return !this.#told && this.#isTooMany() ? this.#failure() : undefined
  }

  #see(record: Record, code: string, message: string): void {
    if (!this.#limit) return
    this.#failed++
    const first = this.#first.get(code) ?? {
      n: 0,
      place: placeOf(record),
      message: whyOf(record, message),
    }
    this.#first.set(code, { ...first, n: first.n + 1 })
    if (this.#told || !this.#isBelievable() || !this.#isTooMany()) return
    this.#told = true
    this.#onTooMany(this.#failure())
  }

  #isBelievable(): boolean {
    const settled = settledIn(this.#ledger) - this.#settledBefore - this.#carried
    return !!this.#limit && ('records' in this.#limit || settled >= leastSettled)
  }

  #isTooMany(): boolean {
    const limit = this.#limit
    if (!limit) return false
    return this.#failed > ('records' in limit ? limit.records : limit.share * this.#read)
  }

  get #read(): number {
    return this.#ledger.in + this.#ledger.split - this.#readBefore - this.#carried
  }

  #failure(): Failure {
    const [code, { n, place, message }] = [...this.#first].reduce((most, one) =>
      one[1].n > most[1].n ? one : most,
    )
    const others = n < this.#failed ? `, most of them (${count(n)}) as ` : ', all as '
    const known = entryOf(code)
    const hint = known ? ` ${known.hint}` : ''
    return new Failure(
      'too_many_rejects',
      `${count(this.#failed)} of ${count(this.#read)} records failed, and --max-rejects allows ${allowed(this.#limit)}${others}${printable(code, 60)}. The first of these, at ${place}: ${ended(message)}${hint}`,
    )
  }
}

const settledIn = ({ kept, filtered, rejected }: Ledger): number =>
  kept + sum(filtered) + sum(rejected)

/** Stands for a code: such records are filtered as `no_pass`. */
const unjudged = 'unjudged'

const allowed = (limit: RejectLimit | undefined): string =>
  !limit
    ? ''
    : 'records' in limit
      ? count(limit.records)
      : `${Math.round(limit.share * 1e6) / 1e4} %`

const ended = (sentence: string): string =>
  /[.!?]$/.test(sentence) ? sentence : `${sentence}.`
