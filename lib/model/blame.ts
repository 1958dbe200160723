/** What a failed attempt says of the server that it met. */
import type { AttemptFailure } from './attempt.js'
import type { FaultKind } from './fault.js'

const doubtful: ReadonlySet<FaultKind | undefined> = new Set([
  'unreachable',
  'untrusted',
  'reset',
  'cut',
])

/**
 * `doubt`: the server may be gone. `failing`: it is there and fails. Undefined for what is the
 * request's own fault, and for a server that only has too much to do.
 */
export const blameOf = (failure: AttemptFailure): 'doubt' | 'failing' | undefined => {
  const { fault, status = 0, engineDied, gaveUp, code, retryAfterMs, message } = failure
  if (engineDied || gaveUp || doubtful.has(fault)) return 'doubt'
  if (status === 502 || (status === 503 && deadWords.test(message))) return 'doubt'
  if (code === 'deadline') return 'failing'
  if (status < 500 || status === 501 || status === 505 || status === 529) return undefined
  const busy = retryAfterMs !== undefined || busyWords.test(message)
  return status === 503 && busy ? undefined : 'failing'
}

/** What gateways say of a server that is not there (Envoy, AWS, k8s ingress); nginx says 502. */
const deadWords = /upstream connect error|no healthy upstream|connection termination/i

/** vLLM's admission control, and what routers say of a full queue. */
const busyWords = /busy|overload|backlog|capacity|too many/i
