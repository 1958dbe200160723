/**
 * What a durable run knows of its input, and learns while it is read: which records are done,
 * and whether the bytes are still those of before. The reader asks and tells; where it is kept
 * is not its affair.
 */
export interface Place {
  /** Input lines so far, blank and bad ones included, over all files. */
  lines: number
  /** Records in them, those passed over by `skip` included. */
  records: number
}

export interface Bookmark {
  /** All records up to here are done: these lines are counted, and not looked at. */
  readonly passed: Readonly<Place>
  /**
   * Asked once of each record that is made, in the order of the input. `ordinal`: its place among
   * all that enter, from 0.
   */
  isDone(ordinal: number): boolean
  /** A file after the first begins. */
  nextFile(): void
  /**
   * Notes bytes as they come from a file, packed or not, and gives them back in pieces, after
   * each of which `confirmed` may have changed.
   * @throws Failure state_mismatch where they are not those that an earlier session read, or go
   * on where it took for a whole line what was none
   */
  take(bytes: Uint8Array): Iterable<Uint8Array>
  /** Whether all that an earlier session read has been found unchanged. Until then no record may go on. */
  readonly confirmed: boolean
  /** All records of the lines up to here were given out. */
  reached(place: Place): void
  /** The file ends here, in the middle of a line or of itself, and what there is of it is taken for a line. */
  cutOff(tail: 'line' | 'file'): void
  /** The input ended. @throws Failure state_mismatch where an earlier session had read more */
  ended(): void
}
