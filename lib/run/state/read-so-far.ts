/**
 * The bookmark of a durable run: which lines need no second look, and which records behind them
 * are done. Lines and records are counted together, since a line may hold several.
 */
import type { Bookmark, Place } from '../../stages/bookmark.js'
import type { DoneRecords } from './done-records.js'
import type { InputTrace } from './input-trace.js'

/** So many records lie between two places that are remembered, though one record stays open for hours. */
const stride = 1024

export class ReadSoFar implements Bookmark {
  readonly passed: Readonly<Place>
  readonly #done: DoneRecords
  readonly #trace: InputTrace
  readonly #skip: number
  /** Places that were reached, and not all records before them are done; the oldest first. */
  readonly #ahead: Place[] = []
  #passed: Place
  #last: Place
  #entered: number

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
    this.#entered = Math.max(0, passed.records - skip)
    this.#done = done
    this.#trace = trace
  }

  get confirmed(): boolean {
    return this.#trace.confirmed
  }

  /** Records that entered so far, those of earlier sessions included. */
  get entered(): number {
    return this.#entered
  }

  /** As far as all records are done now. */
  passedNow(): Place {
    const left = this.#ahead.findIndex(
      ({ records }) => records - this.#skip > this.#done.low,
    )
    const passed = this.#ahead.splice(0, left === -1 ? Infinity : left)
    return (this.#passed = passed.at(-1) ?? this.#passed)
  }

  isDone(ordinal: number): boolean {
    this.#entered = Math.max(this.#entered, ordinal + 1)
    return this.#done.has(ordinal)
  }

  reached(place: Place): void {
    if (place.lines <= this.#last.lines) return
    this.#last = place
    const before = this.#ahead.at(-2) ?? this.#passed
    if (place.records - before.records < stride) this.#ahead.pop()
    this.#ahead.push(place)
  }

  nextFile(): void {
    this.#trace.nextFile()
  }

  take(bytes: Uint8Array): Iterable<Uint8Array> {
    return this.#trace.take(bytes)
  }

  cutOff(tail: 'line' | 'file'): void {
    this.#trace.cutOff(tail)
  }

  ended(): void {
    this.#trace.ended()
  }
}
