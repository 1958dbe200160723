/**
 * The OpenAI wire as vLLM speaks it (0.10 to 0.33): a call becomes a request body, a reply body
 * becomes choices. Readers are tolerant (unknown keys, nulls everywhere), the count is not.
 */
import { rawLimit } from '../errors.js'
import { beginning, wellFormed } from '../jsonl/well-formed.js'
import type { AttemptFailure } from './attempt.js'
import { json } from './json.js'
import type { Choice, ModelCall, Usage } from './model.js'
import { isMisplacedAnswer, splitThoughts, type Split } from './reasoning.js'
import { readServerError, rejectCodeOf } from './server-error.js'

export type Body = { [field: string]: unknown }

export const chatPath = '/v1/chat/completions'
export const completionsPath = '/v1/completions'

/** vLLM 0.28 and later refuse more (VLLM_MAX_STOP_STRINGS). */
export const maxStops = 4

export interface Target {
  model: string
  /** Fields for every request, given by the user; they win over those of the call. */
  extraBody: Body
  /** Send `response_format` for a call that has a schema. */
  structured: boolean
}

/**
 * Sampling is always sent: what is left out comes from the model's generation_config.json, or is
 * 16 tokens.
 */
export const requestBody = (call: ModelCall, target: Target): Body => {
  const { sampling, schema, extra } = call
  const { n = 1, seed, stop } = sampling
  const body: Body = {
    model: target.model,
    ...(call.prompt === undefined
      ? { messages: call.messages ?? [] }
      : { prompt: call.prompt }),
    temperature: sampling.temperature,
    top_p: sampling.topP,
    max_tokens: sampling.maxTokens,
  }
  if (n > 1) body['n'] = n
  if (seed !== undefined) body['seed'] = seed
  if (stop?.length) body['stop'] = stop
  if (schema && target.structured)
    body['response_format'] = {
      type: 'json_schema',
      json_schema: { name: schema.name, schema: schema.schema, strict: true },
    }
  return merge(merge(body, extra), target.extraBody)
}

/** Field by field, and one level into objects: two may each add a chat_template_kwargs. */
const merge = (body: Body, more: Body | undefined): Body => {
  for (const [field, value] of Object.entries(more ?? {})) {
    const had = body[field]
    body[field] = isObject(had) && isObject(value) ? { ...had, ...value } : value
  }
  return body
}

const isObject = (value: unknown): value is Body =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

type Maybe<T> = T | null | undefined

/** Of a reply, what is read of it; the rest may be anything. */
interface Reply {
  choices: ReplyChoice[]
  usage?: Maybe<{ prompt_tokens?: Maybe<number>; completion_tokens?: Maybe<number> }>
}
interface ReplyChoice {
  index?: Maybe<number>
  text?: Maybe<string>
  message?: Maybe<{
    content?: Maybe<string>
    reasoning?: Maybe<string>
    reasoning_content?: Maybe<string>
  }>
  finish_reason?: Maybe<string>
}

/** By hand: every answer passes here, and a schema's own objects would cost more than its checks. */
const isReply = (value: unknown): value is Reply =>
  isObject(value) &&
  Array.isArray(value['choices']) &&
  value['choices'].every(isChoice) &&
  has(value['usage'], usage => areNumbers(usage, 'prompt_tokens', 'completion_tokens'))

const isChoice = (choice: unknown): boolean =>
  isObject(choice) &&
  (choice['index'] == null || Number.isSafeInteger(choice['index'])) &&
  areTexts(choice, 'text', 'finish_reason') &&
  has(choice['message'], message =>
    areTexts(message, 'content', 'reasoning', 'reasoning_content'),
  )

const has = (value: unknown, is: (value: Body) => boolean): boolean =>
  value == null || (isObject(value) && is(value))

const areTexts = (value: Body, ...fields: string[]): boolean =>
  fields.every(field => value[field] == null || typeof value[field] === 'string')

const areNumbers = (value: Body, ...fields: string[]): boolean =>
  fields.every(field => value[field] == null || typeof value[field] === 'number')

/** What was asked for, as far as a reader of the reply must know it. */
export interface Asked {
  /** The request in words, for messages. */
  shown: string
  n: number
  chat: boolean
  json: boolean
  thinkingOff: boolean
  /** Each choice must say which one it is: they belong to different calls. */
  indexed?: boolean
}

export type Reading =
  | { choices: Choice[]; usage: Usage; failure?: never }
  | { failure: AttemptFailure; choices?: never }

/** Reads a reply that came with status 200. */
export const readReply = (body: string, asked: Asked): Reading => {
  const value = json(body)
  if (value === undefined)
    return { failure: noCompletion('the answer is not JSON', body, asked) }
  if (!isReply(value)) return { failure: errorInside(value, body, asked) }

  const { choices, usage } = value
  if (choices.length !== asked.n)
    return {
      failure: {
        ...noCompletion(
          `asked for ${asked.n} choices, got ${choices.length}${asked.n > 1 ? '; this server may not know "n"' : ''}`,
          body,
          asked,
        ),
        miscounted: true,
      },
    }
  const gaveUp = choices.find(({ finish_reason: finish }) => gaveUpOn.has(finish ?? ''))
  if (gaveUp)
    return {
      failure: {
        code: 'server_error',
        message: `${asked.shown}: the server gave up half-way (finish_reason "${gaveUp.finish_reason}")`,
        status: 200,
        raw: beginning(body, rawLimit),
        gaveUp: true,
      },
    }
  choices.sort((a, b) => (a.index ?? 0) - (b.index ?? 0))
  if (asked.indexed && choices.some(({ index }, i) => index !== i))
    return {
      failure: noCompletion(
        `expected choices with the indices 0 to ${asked.n - 1}, got ${choices.map(({ index }) => index ?? 'none').join(', ')}`,
        body,
        asked,
      ),
    }
  return {
    choices: choices.map(choice => choiceOf(choice, asked)),
    usage: {
      prompt: countOf(usage?.prompt_tokens),
      completion: countOf(usage?.completion_tokens),
    },
  }
}

/** More tokens than any answer has. */
const mostTokens = 1e9

/** A number that sums can be made of: JSON has 1e400, and gateways have -1. */
const countOf = (tokens: Maybe<number>): number =>
  Number.isSafeInteger(tokens) && Number(tokens) > 0
    ? Math.min(Number(tokens), mostTokens)
    : 0

/** A status of 200 all the same: shutdown, sleep, an engine error (vllm v1 FinishReason). */
const gaveUpOn = new Set(['abort', 'error'])

/** A word of the server's, kept with each response. */
const longestFinish = 60

const choiceOf = (choice: ReplyChoice, asked: Asked): Choice => {
  // `/v1/completions` says null where the engine gave no reason, the chat route says "stop".
  const finish = wellFormed(beginning(choice.finish_reason ?? 'stop', longestFinish))
  const { text, reasoning } = asked.chat
    ? answerOf(choice, finish, asked)
    : { text: choice.text ?? '' }
  // Half a character would break whatever reads the row, and the request that it goes into next.
  return {
    text: wellFormed(text),
    finish,
    ...(reasoning && { reasoning: wellFormed(reasoning) }),
  }
}

const answerOf = ({ message }: ReplyChoice, finish: string, asked: Asked): Split => {
  const reasoning = message?.reasoning ?? message?.reasoning_content ?? ''
  const content = message?.content ?? ''
  if (!reasoning) return splitThoughts(content)
  if (content) return { text: content, reasoning }
  return isMisplacedAnswer(reasoning, finish, asked)
    ? { text: reasoning }
    : { text: '', reasoning }
}

const noCompletion = (words: string, body: string, asked: Asked): AttemptFailure => ({
  code: 'bad_response',
  message: `${asked.shown}: ${words}`,
  status: 200,
  raw: beginning(body, rawLimit),
})

/** Some gateways send their errors with status 200; the true one stands in `code`. */
const errorInside = (value: unknown, body: string, asked: Asked): AttemptFailure => {
  if (!isObject(value) || !value['error'])
    return noCompletion('the answer is JSON but no completion', body, asked)
  const code = isObject(value['error']) ? value['error']['code'] : undefined
  const inner = typeof code === 'string' || typeof code === 'number' ? Number(code) : NaN
  const status = inner >= 400 && inner < 600 ? inner : 500
  const error = readServerError(status, body)
  return {
    code: rejectCodeOf(error),
    message: `${asked.shown}: ${status} ${error.message}`,
    status,
    raw: beginning(body, rawLimit),
  }
}
