/**
 * Which records of the input are done, by their place in it. Everything before `low` is, and
 * costs nothing; behind it there is a bit a record, and that is as much as is open or overtaken.
 */

/** First and last of a run of places. */
export type Range = [first: number, last: number]

/** Bits are thrown away in pieces of this many bytes, so that it is rare. */
const dropBytes = 8192

export class DoneRecords {
  /** The first record that is not done. */
  low = 0
  /** Place of the first bit: a multiple of 8, at most `low`. */
  #base = 0
  #bits = new Uint8Array(1024)

  has(place: number): boolean {
    if (place < this.low) return true
    const bit = place - this.#base
    return ((this.#bits[bit >> 3] ?? 0) & (1 << (bit & 7))) !== 0
  }

  /** Answers whether it was not done before. */
  add(place: number): boolean {
    if (this.has(place)) return false
    const bit = place - this.#base
    this.#reach(bit >> 3)
    this.#bits[bit >> 3] = (this.#bits[bit >> 3] as number) | (1 << (bit & 7))
    if (place === this.low) this.#rise()
    return true
  }

  addRange([first, last]: Range): void {
    for (let place = Math.max(first, this.low); place <= last; place++) this.add(place)
  }

  /** All before `place` are done. */
  addAllBefore(place: number): void {
    if (place <= this.low) return
    this.low = place
    this.#rise()
  }

  /** What is done from `low` on. */
  ranges(): Range[] {
    const ranges: Range[] = []
    const end = this.#base + this.#bits.length * 8
    for (let place = this.low; place < end; place++)
      if (this.#isSet(place)) extend(ranges, place)
    return ranges
  }

  #rise(): void {
    const end = this.#base + this.#bits.length * 8
    while (this.low < end && this.#isSet(this.low)) this.low++
    const bytes = (this.low - this.#base) >> 3
    if (bytes < dropBytes) return
    this.#bits =
      bytes < this.#bits.length ? this.#bits.slice(bytes) : new Uint8Array(1024)
    this.#base += bytes * 8
  }

  #isSet(place: number): boolean {
    const bit = place - this.#base
    return ((this.#bits[bit >> 3] as number) & (1 << (bit & 7))) !== 0
  }

  #reach(byte: number): void {
    if (byte < this.#bits.length) return
    const wider = new Uint8Array(Math.max(byte + 1, this.#bits.length * 2))
    wider.set(this.#bits)
    this.#bits = wider
  }
}

/** Places in any order, each once, as runs. */
export const rangesOf = (places: readonly number[]): Range[] => {
  const ranges: Range[] = []
  for (const place of places.toSorted((a, b) => a - b)) extend(ranges, place)
  return ranges
}

const extend = (ranges: Range[], place: number): void => {
  const last = ranges.at(-1)
  if (last && place === last[1] + 1) last[1] = place
  else ranges.push([place, place])
}
