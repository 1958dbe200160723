/**
 * Which waiting call is sent first. One small function, so that it can be measured and changed
 * without touching the queue.
 */
export interface Waiting {
  /** Where the record stands in the input. */
  rank: number
  /** Counts up with each call made: equal ranks are first come, first served. */
  arrival: number
}

/** Negative when `a` goes first. Older records first: finish what is open before opening more. */
export const order = (a: Waiting, b: Waiting): number =>
  a.rank - b.rank || a.arrival - b.arrival
