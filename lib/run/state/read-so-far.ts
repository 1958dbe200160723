/**
 * The bookmark of a durable run: which lines need no second look, and which records behind them
 * are done. Lines and records are counted together, since a line may hold several.
 */
import type { Bookmark, Place } from '../../stages/bookmark.js'
import type { DoneRecords } from './done-records.js'
import type { InputTrace } from './input-trace.js'

export class ReadSoFar implements Bookmark {
  readonly passed: Readonly<Place>
  readonly #done: DoneRecords
  readonly #trace: InputTrace
  readonly #skip: number
  /** Places that were reached, and not all records before them are done; the oldest first. */
  readonly #ahead: Place[] = []
  #passed: Place
  #last: Place

  /** `skip`: records at the start of the input that never enter. */
  constructor(
    { passed, skip }: { passed: Place; skip: number },
    done: DoneRecords,
    trace: InputTrace,
  ) {
    this.passed = passed
    this.#passed = passed
    this.#last = passed
    this.#skip = skip
    this.#done = done
    this.#trace = trace
  }

  get confirmed(): boolean {
    return this.#trace.confirmed
  }

  /** Records that entered so far, those of earlier sessions included. */
  get entered(): number {
    return Math.max(0, this.#last.records - this.#skip)
  }

  /** As far as all records are done now. */
  passedNow(): Place {
    for (
      let next = this.#ahead[0];
      next && next.records - this.#skip <= this.#done.low;
      next = this.#ahead[0]
    ) {
      this.#passed = next
      this.#ahead.shift()
    }
    return this.#passed
  }

  isDone(ordinal: number): boolean {
    return this.#done.has(ordinal)
  }

  reached(place: Place): void {
    if (place.lines <= this.#last.lines) return
    this.#last = place
    this.#ahead.push(place)
  }

  nextFile(): void {
    this.#trace.nextFile()
  }

  take(bytes: Uint8Array): Iterable<Uint8Array> {
    return this.#trace.take(bytes)
  }

  goesOn(next: Uint8Array): void {
    this.#trace.goesOn(next)
  }

  ended(): void {
    this.#trace.ended()
  }
}
