/**
 * Which failed attempts are made again, and when. A completion has no side effect, so asking
 * again is always safe; it is pointless where the same request would be refused again, and a
 * danger where the request itself kills the engine (see `quarantine.ts`).
 */
import type { AttemptFailure } from './attempt.js'
import type { FaultKind } from './fault.js'
import type { OpenCall } from './open-call.js'

const retriedFaults: ReadonlySet<FaultKind> = new Set([
  'unreachable',
  'silent',
  'reset',
  'cut',
])

/** 408, 429 and every 5xx but those that say "never": 501 and 505. */
const retriedStatus = (status: number): boolean =>
  status === 408 || status === 429 || (status >= 500 && status !== 501 && status !== 505)

export const isRetried = ({ fault, status, gaveUp }: AttemptFailure): boolean =>
  gaveUp === true ||
  (fault !== undefined && retriedFaults.has(fault)) ||
  (status !== undefined && retriedStatus(status))

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

export interface RetrySettings {
  /** Retries a call at most, over all causes. */
  retries: number
  backOff: BackOff
}

export type NextStep =
  /** At once, uncounted. */
  | { step: 'again' }
  | { step: 'wait'; ms: number }
  /** `why` goes to the end of the message. */
  | { step: 'stop'; why: string }

/**
 * A socket that died idle is found out only by writing to it, which says nothing about the
 * server. Reset over a fresh connection too, it is the server.
 */
export const metDeadSocket = (call: OpenCall, { fault }: AttemptFailure): boolean =>
  fault === 'reset' && !call.fresh

/** What follows from a failed attempt; keeps the call's own counts. */
export const afterFailure = (
  call: OpenCall,
  failure: AttemptFailure,
  { retries, backOff }: RetrySettings,
): NextStep => {
  if (metDeadSocket(call, failure)) {
    call.fresh = true
    return { step: 'again' }
  }
  if (!isRetried(failure)) return { step: 'stop', why: '' }
  if (call.retries >= retries)
    return { step: 'stop', why: `; gave up after ${call.attempts} attempts` }
  const ms = waitMs(call.retries++, backOff, failure.retryAfterMs)
  return ms > call.leftMs
    ? { step: 'stop', why: '; no time left to ask again' }
    : { step: 'wait', ms }
}
