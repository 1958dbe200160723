/**
 * What one attempt of a call came to when it gave no answer: an error status, a fault of the
 * connection, or an answer that is none. Made here, judged in `retry.ts`.
 */
import type { RejectCode } from '../codes.js'
import { withoutCredentials } from '../credentials.js'
import { rawLimit } from '../errors.js'
import { beginning } from '../jsonl/well-formed.js'
import type { Answer } from './exchange.js'
import type { Fault, FaultKind } from './fault.js'
import {
  engineDied,
  oneLine,
  readServerError,
  refusesSchema,
  rejectCodeOf,
} from './server-error.js'

export interface AttemptFailure {
  code: RejectCode
  message: string
  /** HTTP status; absent where no answer came. */
  status?: number
  fault?: FaultKind
  /** The server gave the sequence up half-way: `finish_reason: "abort"` with status 200. */
  gaveUp?: boolean
  /** The answer holds more or fewer choices than were asked for. */
  miscounted?: boolean
  engineDied?: boolean
  refusesSchema?: boolean
  retryAfterMs?: number | undefined
  raw?: string
  /** When its request was sent, as `Health.sent` counts. */
  era?: number
}

/** `asked` names the request in messages: `POST http://host/v1/chat/completions`. */
export const failedByStatus = (
  asked: string,
  { status, text, retryAfter, location }: Answer,
): AttemptFailure => {
  const raw = text ? { raw: beginning(text, rawLimit) } : {}
  if (status >= 300 && status < 400)
    return {
      code: 'bad_response',
      status,
      ...raw,
      message: `${asked}: redirected to ${placeOf(location)}; redirects are not followed, give that URL instead`,
    }
  const error = readServerError(status, text)
  return {
    code: rejectCodeOf(error),
    message: `${asked}: ${status} ${error.message}`,
    status,
    engineDied: engineDied(error),
    refusesSchema: refusesSchema(error),
    retryAfterMs: retryAfterMsOf(retryAfter),
    ...raw,
  }
}

const placeOf = (location: string | undefined): string =>
  location ? withoutCredentials(oneLine(location)) : 'another place'

const faultCodes: { [kind in FaultKind]: RejectCode } = {
  unreachable: 'unreachable',
  silent: 'unreachable',
  untrusted: 'unreachable',
  reset: 'unreachable',
  cut: 'unreachable',
  too_big: 'bad_response',
  cancelled: 'aborted',
  unsendable: 'bad_request',
}

export const failedByFault = (
  asked: string,
  { kind, message, text }: Fault,
): AttemptFailure => ({
  code: faultCodes[kind],
  message: `${asked}: ${faultWords[kind]} (${message})`,
  fault: kind,
  ...(text && { raw: text }),
})

export const faultWords: { [kind in FaultKind]: string } = {
  unreachable: 'no connection',
  silent: 'the server is silent',
  untrusted: 'no secure connection',
  reset: 'the connection was closed before an answer came',
  cut: 'the connection broke off in the middle of the answer',
  too_big: 'the answer is larger than is taken',
  cancelled: 'the connection was closed by us',
  unsendable: 'the request could not be sent',
}

/** Seconds, or an HTTP date, as RFC 9110 10.2.3 has it. */
export const retryAfterMsOf = (
  header: string | undefined,
  now = Date.now(),
): number | undefined => {
  if (!header) return undefined
  if (/^\s*\d+(\.\d+)?\s*$/.test(header)) return Number(header) * 1000
  const at = Date.parse(header)
  return Number.isNaN(at) ? undefined : Math.max(0, at - now)
}
