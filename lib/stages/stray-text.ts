/**
 * Plain text in a file whose other lines are JSON: often a piece of a line that was torn apart,
 * and taken for a prompt all the same, since corpora may be mixed. It is counted, and told with
 * the first place.
 */
import type { Ledger } from '../ledger.js'
import type { Record } from '../record.js'

const firstPlaces = new WeakMap<Ledger, string>()

/** Where the first such line of a run stands, as `file:line`. */
export const firstStrayText = (ledger: Ledger): string | undefined =>
  firstPlaces.get(ledger)

/** The lines of one file. */
export class StrayText {
  readonly #ledger: Ledger
  #objects = 0
  #texts = 0
  /** Lines of text that are told once as many objects have come. */
  #waiting = 0
  #first: string | undefined

  constructor(ledger: Ledger) {
    this.#ledger = ledger
  }

  object(): void {
    this.#objects++
    this.#look()
  }

  /** A line of text that became this record. */
  text({ seed: { file = 'stdin', line = 0 } }: Record): void {
    this.#texts++
    this.#waiting++
    this.#first ??= `${file}:${line}`
    this.#look()
  }

  #look(): void {
    if (this.#waiting === 0 || this.#texts > this.#objects) return
    this.#ledger.note('parse.stray_text', this.#waiting)
    this.#waiting = 0
    if (this.#first !== undefined && !firstPlaces.has(this.#ledger))
      firstPlaces.set(this.#ledger, this.#first)
  }
}
