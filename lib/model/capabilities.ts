/**
 * What a server can do beyond the plain routes, found out by asking and never by its name: unknown
 * fields, and removed ones, are ignored by vLLM without a word, so only an answer proves anything.
 */
import type { Endpoint } from './endpoint.js'
import { json } from './json.js'
import { type Body, chatPath, readReply, requestBody } from './wire.js'

/** honoured: the answer followed the schema. ignored: it did not. refused: 400. unknown: no telling. */
export type SchemaSupport = 'honoured' | 'ignored' | 'refused' | 'unknown'

interface Asking {
  signal?: AbortSignal | undefined
  timeoutMs?: number
}
const quickMs = 10_000
/** A grammar is compiled and a model warmed up by the first call. */
const firstCallMs = 60_000

const probeSchema = {
  name: 'ultraif_probe',
  schema: {
    type: 'object',
    properties: { ready: { type: 'string', enum: ['yes', 'no'] } },
    required: ['ready'],
    additionalProperties: false,
  },
}

/** Asks for a tiny JSON answer in words that ask for none: only the schema can bring it about. */
export const readSchemaSupport = async (
  endpoint: Endpoint,
  model: string,
  extraBody: Body,
  { signal, timeoutMs = firstCallMs }: Asking = {},
): Promise<SchemaSupport> => {
  const body = requestBody(
    {
      label: 'probe',
      rank: 0,
      messages: [
        { role: 'system', content: 'You are a terse assistant.' },
        { role: 'user', content: 'Are you ready? Answer in one word.' },
      ],
      sampling: { temperature: 0, topP: 1, maxTokens: 48 },
      schema: probeSchema,
    },
    { model, extraBody, structured: true },
  )
  const answer = await endpoint.ask(
    { method: 'POST', path: chatPath, body: JSON.stringify(body) },
    { timeoutMs, signal },
  )
  if ('kind' in answer) return 'unknown'
  if ([400, 422, 501].includes(answer.status)) return 'refused'
  const asked = { shown: '', n: 1, chat: true, json: true, thinkingOff: false }
  if (answer.status !== 200) return 'unknown'
  const choice = readReply(answer.text, asked).choices?.[0]
  if (!choice?.text) return 'unknown'
  if (isReady(choice.text)) return 'honoured'
  return choice.finish === 'length' ? 'unknown' : 'ignored'
}

const isReady = (text: string): boolean => {
  const value = json(text) as { ready?: unknown } | null | undefined
  return value?.ready === 'yes' || value?.ready === 'no'
}

/** The group route of vLLM 0.19 and later; an empty list is refused before anything is generated. */
export const hasBatchChat = async (
  endpoint: Endpoint,
  model: string,
  { signal, timeoutMs = quickMs }: Asking = {},
): Promise<boolean> => {
  const answer = await endpoint.ask(
    {
      method: 'POST',
      path: '/v1/chat/completions/batch',
      body: JSON.stringify({ model, messages: [], max_tokens: 1 }),
    },
    { timeoutMs, signal },
  )
  return !('kind' in answer) && [400, 422].includes(answer.status)
}

export const hasMetrics = async (
  endpoint: Endpoint,
  { signal, timeoutMs = quickMs }: Asking = {},
): Promise<boolean> => {
  const answer = await endpoint.ask(
    { method: 'GET', path: '/metrics' },
    { timeoutMs, signal },
  )
  return (
    !('kind' in answer) &&
    answer.status === 200 &&
    answer.text.includes('vllm:num_requests')
  )
}
