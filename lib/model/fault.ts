/**
 * What can go wrong below HTTP, sorted by what follows from it. undici, Node's sockets and
 * OpenSSL each have codes of their own; nothing above this file knows them.
 */
export type FaultKind =
  /** No connection: refused, unknown host, no route, connect timeout. */
  | 'unreachable'
  /** A question of our own with a time limit: no answer within it. */
  | 'silent'
  /** A connection that cannot be secured: certificate, or no TLS at the other end. */
  | 'untrusted'
  /** Closed before any byte of the answer: a dead keep-alive socket, or a dead server. */
  | 'reset'
  /** Closed, or not HTTP any more, in the middle of the answer. */
  | 'cut'
  /** The answer is larger than we take. */
  | 'too_big'
  /** We closed it. */
  | 'cancelled'
  /** The request could not even be written, such as for a bad header. */
  | 'unsendable'

export interface Fault {
  kind: FaultKind
  message: string
  /** What had come of the answer. */
  text?: string | undefined
}

/** How far the exchange had come when the error struck. */
export interface Progress {
  sent: boolean
  answered: boolean
}

export const faultOf = (error: unknown, { sent, answered }: Progress): Fault => {
  const code = codeOf(error)
  return { kind: kindOf(code, sent, answered), message: wordsOf(error, code) }
}

const kindOf = (code: string, sent: boolean, answered: boolean): FaultKind => {
  if (code === 'UND_ERR_RES_EXCEEDED_MAX_SIZE' || code === 'UND_ERR_HEADERS_OVERFLOW')
    return 'too_big'
  if (/^UND_ERR_(ABORTED|DESTROYED|CLOSED)$/.test(code)) return 'cancelled'
  if (/^UND_ERR_(INVALID_ARG|NOT_SUPPORTED|REQ_CONTENT_LENGTH_MISMATCH)$/.test(code))
    return 'unsendable'
  if (answered) return 'cut'
  if (/CERT|^ERR_TLS|^ERR_SSL|^UNABLE_TO|^EPROTO$/.test(code)) return 'untrusted'
  return sent ? 'reset' : 'unreachable'
}

interface Coded {
  code?: unknown
  message?: unknown
  errors?: unknown[]
}

const codeOf = (error: unknown): string => {
  const { code, errors } = (error ?? {}) as Coded
  if (typeof code === 'string') return code
  return errors?.length ? codeOf(errors[0]) : ''
}

/** "ECONNREFUSED connect ECONNREFUSED 127.0.0.1:1" says it twice; an AggregateError not once. */
const wordsOf = (error: unknown, code: string): string => {
  const { message, errors } = (error ?? {}) as Coded
  const text = typeof message === 'string' ? message : ''
  if (!text && errors?.length) return wordsOf(errors[0], code)
  return text.includes(code) ? text : `${code} ${text}`.trim()
}
