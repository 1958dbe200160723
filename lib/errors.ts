/**
 * How a run or a record fails. A `Failure` is an exception and belongs to the rim (wrong flags,
 * unreachable server, disk); a `Reject` is a value and belongs to one record. Their codes are in
 * `codes.ts`.
 */
import { failureCodes, rejectCodes, type FailureCode, type RejectCode } from './codes.js'
import { beginning, wellFormed } from './jsonl/well-formed.js'
import type { Reject } from './record.js'

/** An error that ends the whole run. The message says what was expected, got, and what to do. */
export class Failure extends Error {
  readonly code: FailureCode
  constructor(code: FailureCode, message: string, options?: { cause?: unknown }) {
    super(message, options)
    this.name = 'Failure'
    this.code = code
  }
  get exitCode(): number {
    return failureCodes[this.code].exitCode
  }
}

export const reject = (
  stage: string,
  code: RejectCode,
  message: string = rejectCodes[code].means,
  raw?: string,
): Reject => ({
  stage,
  code,
  message: wellFormed(beginning(message, messageLimit)),
  ...(raw === undefined ? {} : { raw: clip(raw) }),
})

/** A call to a model that came to nothing, or whose reply could not be used. */
export interface FailedCall {
  code: RejectCode
  message: string
  /** The last reply there was. */
  raw?: string | undefined
  /** Requests sent for it, retries and all. */
  attempts: number
}

export const rejectFor = (
  stage: string,
  { code, message, raw, attempts }: FailedCall,
): Reject => ({ ...reject(stage, code, message, raw), attempts })

/** A message may quote what it complains of, and that may be as long as a line. In characters. */
const messageLimit = 4000

/** Raw text kept in a reject: enough to see what happened, never a 4 MB line in a log. */
export const rawLimit = 16_384
const clip = (text: string): string =>
  text.length <= rawLimit
    ? text
    : `${beginning(text, rawLimit)}… [${text.length} characters]`

/** The message of anything thrown. */
export const messageOf = (error: unknown): string =>
  error instanceof Error ? error.message : String(error)
