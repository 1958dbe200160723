/**
 * Which failed attempts are made again, and when. A completion has no side effect, so asking
 * again is always safe; it is pointless where the same request would be refused again, and a
 * danger where the request itself kills the engine.
 */
import type { AttemptFailure } from './attempt.js'
import type { FaultKind } from './fault.js'

const retriedFaults: ReadonlySet<FaultKind> = new Set(['unreachable', 'reset', 'cut'])

/** 408, 429 and every 5xx but those that say "never": 501 and 505. */
const retriedStatus = (status: number): boolean =>
  status === 408 || status === 429 || (status >= 500 && status !== 501 && status !== 505)

export const isRetried = ({ fault, status, gaveUp }: AttemptFailure): boolean =>
  gaveUp === true ||
  (fault !== undefined && retriedFaults.has(fault)) ||
  (status !== undefined && retriedStatus(status))

/**
 * A socket that died idle is found out only by writing to it. That says nothing about the
 * server, so the call goes out once more, at once, over a fresh connection, and no retry is
 * counted. Once a call, which stays with fresh connections from then on: when one of those is
 * reset as well, it is the server.
 */
export const isStaleSocket = (failure: AttemptFailure, wasFresh: boolean): boolean =>
  failure.fault === 'reset' && !wasFresh

/** A prompt that was there twice when the engine died is not given a third engine. */
export const maxEngineDeaths = 2

export interface BackOff {
  /** Upper bound of the first wait; doubles with each further retry. */
  baseMs: number
  capMs: number
}
export const backOffCapMs = 30_000
/** A gateway may ask for an hour; nobody would notice that nothing moves. */
export const retryAfterCapMs = 60_000

/**
 * How long to wait before retry `retry` (0 for the first): full jitter, so that calls that failed
 * together do not come back together; at least what the server asked for.
 */
export const waitMs = (
  retry: number,
  { baseMs, capMs }: BackOff,
  retryAfterMs: number | undefined,
  random: () => number = Math.random,
): number => {
  const jitter = random() * Math.min(capMs, baseMs * 2 ** retry)
  return retryAfterMs === undefined
    ? jitter
    : Math.min(retryAfterMs, retryAfterCapMs) + jitter
}
