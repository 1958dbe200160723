/**
 * Which waiting call is sent first. One small function, so that it can be measured and changed
 * without touching the queue (`npm run bench -- occupancy`).
 */
export interface Waiting {
  label: string
  /** Where the record stands in the input. */
  rank: number
  /** Counts up with each call made: equal ranks are first come, first served. */
  arrival: number
}

/** Negative when `a` goes first. */
export type Order = (a: Waiting, b: Waiting) => number

const order =
  (turns: { [label: string]: number }, others: number): Order =>
  (a, b) =>
    (turns[a.label] ?? others) - (turns[b.label] ?? others) ||
    a.rank - b.rank ||
    a.arrival - b.arrival

/**
 * While records come in: what makes prompts goes first, so that there are always some composed
 * ahead (the windows bound how many), then the judge, so that records end, then responses.
 */
export const whileInputLasts = order(
  { decompose: 0, question: 0, compose: 0, judge: 1, generate: 2 },
  2,
)

/**
 * Once the input has ended nothing comes to fill a hole: the longest way to go first, so that all
 * end together instead of one long chain of calls at the end on an empty server.
 */
export const afterInput = order(
  { decompose: 0, question: 0, compose: 0, generate: 1, judge: 2 },
  1,
)
