/** What a server says of itself, seen beside what we have there: the terms that the law is put in. */
import type { Gauges } from './gauges.js'

export interface Reading {
  /** Milliseconds, of any clock that only goes forward. */
  now: number
  gauges: Gauges
  /** Ours at that server, in sequences. */
  inFlight: number
  /** Ours that wait for room here. */
  queued: number
}

export interface Load extends Reading {
  running: number
  waiting: number
  kvUsage: number
  /** Sequences there that are not ours, and our part of all. */
  others: number
  share: number
  /** Sequences that hold a part of the cache: all but those that wait. */
  holders: number
  /** What is in flight has come down to the limit. */
  drained: boolean
  /** Calls wait here, and only for the limit: the engine has most of what is in flight. */
  binds: boolean
}

export const loadOf = (reading: Reading, limit: number): Load => {
  const { gauges, inFlight, queued } = reading
  const { running, waiting, kvUsage = 0 } = gauges
  const all = running + waiting
  // Ours are counted here and now, all a moment earlier: a few more are no other client.
  const others = all - inFlight > Math.max(4, inFlight / 10) ? all - inFlight : 0
  return {
    ...reading,
    running,
    waiting,
    kvUsage,
    others,
    share: others > 0 ? inFlight / all : 1,
    holders: Math.max(1, running, inFlight + others - waiting),
    drained: inFlight <= limit * 1.02,
    // What is not with the engine is on its way or with its HTTP process: more in flight would
    // only wait there.
    binds: queued > 0 && inFlight >= limit / 2 && all >= inFlight / 2,
  }
}
