/**
 * A body of `/v1/chat/completions` as the embedded server reads it: vLLM's names, defaults and
 * limits. Fields it does not know are passed over, as vLLM does; what it knows and cannot do is refused.
 */
import { z } from 'zod'
import { HttpError } from './http-error.js'
import { engineSchema } from './json-schema.js'
import type { ChatMessage } from './text-engine.js'

const content = z.union([
  z.string(),
  z.array(z.looseObject({ type: z.literal('text'), text: z.string() })),
])

const Body = z.looseObject({
  model: z.string().nullish(),
  messages: z.array(
    z.looseObject({
      role: z.enum(['system', 'developer', 'user', 'assistant', 'tool']),
      content: content.nullish(),
    }),
  ),
  n: z.int().nullish(),
  seed: z.int().nullish(),
  temperature: z.number().nullish(),
  top_p: z.number().nullish(),
  max_tokens: z.int().nullish(),
  max_completion_tokens: z.int().nullish(),
  stop: z.union([z.string(), z.array(z.string()).max(4)]).nullish(),
  stream: z.boolean().nullish(),
  tools: z.array(z.unknown()).nullish(),
  logprobs: z.boolean().nullish(),
  response_format: z
    .looseObject({
      type: z.enum(['text', 'json_schema']),
      json_schema: z.looseObject({ schema: z.unknown() }).nullish(),
    })
    .nullish(),
})

export interface ChatRequest {
  model: string | undefined
  messages: ChatMessage[]
  n: number
  seed: number | undefined
  temperature: number
  topP: number
  maxTokens: number | undefined
  stop: string[]
  schema: object | undefined
}

/** A prompt without one is read by small models as anything at all. */
const defaultSystem = 'You are a helpful assistant.'

/** Above any honest wish of one small CPU. */
const mostSamples = 128

/** @throws HttpError 400 */
export const readChatRequest = (text: string): ChatRequest => {
  const parsed = Body.safeParse(parseJson(text))
  if (!parsed.success) {
    const { issues } = parsed.error
    const told = issues.map(({ path, message }) => `body.${path.join('.')}: ${message}`)
    const param = issues[0] ? `body.${issues[0].path.join('.')}` : null
    throw new HttpError(400, `${issues.length} validation error: ${told.join('; ')}`, {
      type: 'Bad Request',
      param,
    })
  }
  const body = parsed.data
  for (const field of ['stream', 'logprobs'] as const)
    if (body[field]) throw refuse(field, 'is not supported by the embedded server')
  if (body.tools?.length)
    throw refuse('tools', 'are not supported by the embedded server')
  const temperature = body.temperature ?? 1
  const topP = body.top_p ?? 1
  const n = body.n ?? 1
  const maxTokens = body.max_completion_tokens ?? body.max_tokens ?? undefined
  if (temperature < 0 || temperature > 2)
    throw refuse('temperature', `must be in [0, 2], got ${temperature}`)
  if (topP <= 0 || topP > 1) throw refuse('top_p', `must be in (0, 1], got ${topP}`)
  if (n < 1 || n > mostSamples)
    throw refuse('n', `must be in [1, ${mostSamples}], got ${n}`)
  if (n > 1 && temperature === 0)
    throw refuse('n', `must be 1 when using greedy sampling, got ${n}`)
  if (maxTokens !== undefined && maxTokens < 1)
    throw refuse('max_tokens', `must be at least 1, got ${maxTokens}`)
  const format = body.response_format
  return {
    model: body.model ?? undefined,
    messages: readMessages(body.messages),
    n,
    seed: body.seed ?? undefined,
    temperature,
    topP,
    maxTokens,
    stop: [body.stop ?? []].flat().filter(text => text !== ''),
    schema:
      format?.type === 'json_schema'
        ? engineSchema(format.json_schema?.schema)
        : undefined,
  }
}

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new HttpError(400, `JSON decode error: ${(error as Error).message}`, {
      type: 'Bad Request',
      param: 'body',
    })
  }
}

const readMessages = (given: z.infer<typeof Body>['messages']): ChatMessage[] => {
  if (given.length === 0)
    throw new HttpError(
      400,
      'Cannot apply chat template to an empty conversation. Provide at least one message.',
    )
  const messages = given.map(({ role, content }): ChatMessage => ({
    role: role === 'developer' ? 'system' : role === 'tool' ? 'user' : role,
    content: [content ?? '']
      .flat()
      .map(part => (typeof part === 'string' ? part : part.text))
      .join('\n'),
  }))
  return messages[0]?.role === 'system'
    ? messages
    : [{ role: 'system', content: defaultSystem }, ...messages]
}

const refuse = (param: string, why: string): HttpError =>
  new HttpError(400, `${param} ${why}.`, { param })
