/**
 * Error bodies of OpenAI-compatible servers, made one shape, and sorted into our reject codes.
 * vLLM alone has five forms (nested, flat up to 0.10.0, a plain string, FastAPI's `detail`,
 * text), its Rust frontend a sixth with a string `code`, gateways add HTML and nothing at all.
 */
import { STATUS_CODES } from 'node:http'
import type { RejectCode } from '../codes.js'
import { beginning } from '../jsonl/well-formed.js'
import { json } from './json.js'

export interface ServerError {
  status: number
  /** One line, clipped, without control characters: it may go to a terminal. */
  message: string
  type?: string
  param?: string
  code?: string | number
}

/** A refused list is echoed back whole (8.8 kB for 1,025 prompts); nobody reads that. */
const messageLimit = 500

export const readServerError = (status: number, body: string): ServerError => {
  const { message, type, param, code } = fieldsOf(body)
  return {
    status,
    message: oneLine(message || STATUS_CODES[status] || 'no reason given'),
    ...(typeof type === 'string' && { type }),
    ...(typeof param === 'string' && { param }),
    ...((typeof code === 'string' || typeof code === 'number') && { code }),
  }
}

interface Fields {
  message: string
  type?: unknown
  param?: unknown
  code?: unknown
}

const fieldsOf = (body: string): Fields => {
  const value = json(body)
  if (value === undefined) return { message: textOf(body) }
  if (typeof value === 'string') return { message: value }
  if (!isObject(value)) return { message: body }
  const error = isObject(value['error']) ? value['error'] : value
  return {
    message: messageIn(error) || messageIn(value) || body,
    type: error['type'],
    param: error['param'],
    code: error['code'],
  }
}

type Json = { [key: string]: unknown }

const messageIn = (value: Json): string => {
  for (const key of ['message', 'error', 'detail', 'msg']) {
    const found = value[key]
    if (typeof found === 'string' && found) return found
    if (Array.isArray(found) && found.length > 0)
      return found.map(item => (isObject(item) ? listed(item) : plain(item))).join('; ')
  }
  return ''
}

/** FastAPI's own validation errors: `{loc: ['body', 'messages'], msg: 'Field required'}`. */
const listed = (item: Json): string => {
  const where = Array.isArray(item['loc']) ? `${item['loc'].map(plain).join('.')}: ` : ''
  return where + (messageIn(item) || JSON.stringify(item))
}

/** No call of `toString`: an object off the wire may have a field of that name. */
const plain = (value: unknown): string =>
  typeof value === 'string' ? value : JSON.stringify(value)

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Of a gateway's HTML page the title says it best. */
const textOf = (body: string): string => {
  if (!/^\s*</.test(body)) return body
  const title = /<title[^>]*>([^<]{1,300})/i.exec(body.slice(0, 20_000))?.[1]
  return title ?? body.slice(0, 20_000).replace(/<[^>]{0,500}>/g, ' ')
}

/** Clipped, without control characters. */
export const oneLine = (text: string): string => {
  const line = text
    .slice(0, 4 * messageLimit)
    .replace(/[\s\u0000-\u001f\u007f-\u009f]+/g, ' ')
    .trim()
  return line.length > messageLimit ? `${beginning(line, messageLimit)}…` : line
}

/** `too long` in the wordings of vLLM 0.8 to 0.33, the Rust frontend, OpenAI and llama.cpp. */
const tooLongWords =
  /maximum context length|maximum model length|max_model_len|context size|context_length_exceeded|exceeds? the (available|maximum) context|is too large: \d+|max_tokens must be at least 1, got/i
const tooLongParams = new Set(['input_tokens', 'input_text'])

export const rejectCodeOf = (error: ServerError): RejectCode => {
  const { status, message, param = '', code, type } = error
  if (status === 400 || status === 422)
    return tooLongParams.has(param) ||
      tooLongWords.test(message) ||
      code === 'context_length_exceeded'
      ? 'too_long'
      : 'bad_request'
  if (status === 401 || status === 403) return 'unauthorized'
  if (status === 404)
    return param === 'model' ||
      code === 'model_not_found' ||
      type === 'NotFoundError' ||
      /\bmodel\b/i.test(message)
      ? 'no_such_model'
      : 'bad_request'
  if (status === 413) return 'too_long'
  if (status === 429 || status === 503) return 'overloaded'
  if (status === 408 || (status >= 500 && status !== 501 && status !== 505))
    return 'server_error'
  return status >= 400 ? 'bad_request' : 'bad_response'
}

/** An engine that has died, and will take the process with it (vLLM v1/engine/exceptions.py). */
export const engineDied = (error: ServerError): boolean =>
  error.status === 500 && /EngineCore|EngineDead/i.test(error.message)

/** A refusal of the answer schema itself: the same call may pass without it. */
export const refusesSchema = (error: ServerError): boolean =>
  [400, 422, 501].includes(error.status) &&
  /grammar|schema|response_?format|structured|guided|guidance/i.test(
    `${error.message} ${error.param ?? ''}`,
  )
