/**
 * Every way a run or a record can fail, by stable code. A `Failure` is an exception and belongs
 * to the rim (wrong flags, unreachable server, disk); a `Reject` is a value and belongs to one
 * record. Programs may rely on the codes, people read the messages.
 */
import type { Reject } from './record.js'

/** Process exit codes. 3 needs `--strict`. */
export const exitCodes = { done: 0, failed: 1, usage: 2, rejected: 3 } as const

/** Codes of `Failure`, with the exit code each one ends the process with. */
export const failureCodes = {
  usage: exitCodes.usage,
  file_unreadable: exitCodes.usage,
  output_exists: exitCodes.usage,
  no_model_server: exitCodes.usage,
  server_unreachable: exitCodes.failed,
  server_unusable: exitCodes.failed,
  servers_lost: exitCodes.failed,
  pipeline_unusable: exitCodes.failed,
  embedded_unavailable: exitCodes.failed,
  write_failed: exitCodes.failed,
  accounting: exitCodes.failed,
} as const
export type FailureCode = keyof typeof failureCodes

/** An error that ends the whole run. The message says what was expected, got, and what to do. */
export class Failure extends Error {
  readonly code: FailureCode
  constructor(code: FailureCode, message: string, options?: { cause?: unknown }) {
    super(message, options)
    this.name = 'Failure'
    this.code = code
  }
  get exitCode(): number {
    return failureCodes[this.code]
  }
}

/** Codes of `record.reject`: why a record could not go through. */
export const rejectCodes = {
  // parse
  bad_json: 'the line is not JSON',
  bad_encoding: 'the line is not valid UTF-8',
  not_an_object: 'the line is JSON but holds no object',
  unknown_format: 'no known corpus shape fits the line',
  bad_record: 'the line looks like a record of ours but does not fit its schema',
  line_too_long: 'the line is longer than --max-line',
  empty_query: 'the prompt is empty',
  bad_history: 'the turns before the prompt cannot be put in order',
  no_user_turn: 'the conversation has no user turn',
  not_text: 'the conversation holds images or other parts that are no text',
  broken_file: 'the file broke off in the middle',
  // model calls
  too_long: "the prompt does not fit the model's context",
  bad_request: 'the server refused the request',
  unauthorized: 'the server refused the key',
  no_such_model: 'the server does not know the model',
  server_error: 'the server failed, and failed again when asked again',
  overloaded: 'the server stayed overloaded',
  unreachable: 'the server could not be reached',
  deadline: 'the call took longer than --deadline',
  aborted: 'the run was stopped while the call was open',
  bad_response: 'the server answered with something that is no completion',
  // replies
  no_reply: 'the model answered with nothing',
  truncated: 'the answer was cut at the token limit',
  unusable_reply: 'the answer could not be read as what was asked for',
  // custom code
  stage_error: 'a step of the pipeline threw',
} as const
export type RejectCode = keyof typeof rejectCodes

/** Codes of filtered records: went through and was not wanted. */
export const filterCodes = {
  no_questions: 'nothing to judge by: no constraint and no pass',
  no_pass: 'no response passes all questions',
  no_pair: 'no passing and failing response to set against each other',
  few_passes: 'fewer passes of compose than --min-passes',
  no_constraints: 'nothing was decomposed, so there is no composer row',
  dropped_by_pipeline: 'a custom stage let the record go',
} as const
export type FilterCode = keyof typeof filterCodes

export const reject = (
  stage: string,
  code: RejectCode,
  message: string = rejectCodes[code],
  raw?: string,
): Reject => ({ stage, code, message, ...(raw === undefined ? {} : { raw: clip(raw) }) })

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

/** Raw text kept in a reject: enough to see what happened, never a 4 MB line in a log. */
export const rawLimit = 16_384
const clip = (text: string): string =>
  text.length <= rawLimit
    ? text
    : `${text.slice(0, rawLimit)}… [${text.length} characters]`

/** The message of anything thrown. */
export const messageOf = (error: unknown): string =>
  error instanceof Error ? error.message : String(error)
