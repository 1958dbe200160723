/**
 * What a server can do beyond the plain routes, found out by asking and never by its name: unknown
 * fields, and removed ones, are ignored by vLLM without a word, so only an answer proves anything.
 */
import { batchChatPath, type BatchForm } from './batch/form.js'
import type { Endpoint } from './endpoint.js'
import { json } from './json.js'
import { type Body, chatPath, completionsPath, readReply, requestBody } from './wire.js'

/** honoured: the answer followed the schema. ignored: it did not. refused: 400. unknown: no telling. */
export type SchemaSupport = 'honoured' | 'ignored' | 'refused' | 'unknown'

interface Asking {
  signal?: AbortSignal | undefined
  timeoutMs?: number
}
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

/**
 * Whether several calls may share a request in this form: asks for two answers of one token, and
 * counts them. A gateway may well say 400 to a route that it does not know, so only an answer
 * counts; a base model has no chats, so samples are asked for on both routes.
 */
export const takesForm = async (
  endpoint: Endpoint,
  model: string,
  form: BatchForm,
  asking: Asking = {},
): Promise<boolean> => {
  for (const { path, fields } of formQuestions[form])
    if (await givesTwo(endpoint, path, { ...fields, model, ...oneToken }, asking))
      return true
  return false
}

const oneToken = { max_tokens: 1, temperature: 1, top_p: 1 }
const hello = [{ role: 'user', content: 'Say hello.' }]
const formQuestions: { [form in BatchForm]: { path: string; fields: Body }[] } = {
  samples: [
    { path: chatPath, fields: { messages: hello, n: 2 } },
    { path: completionsPath, fields: { prompt: 'One', n: 2 } },
  ],
  list: [{ path: completionsPath, fields: { prompt: ['One', 'Two'] } }],
  chats: [{ path: batchChatPath, fields: { messages: [hello, hello] } }],
}

const givesTwo = async (
  endpoint: Endpoint,
  path: string,
  body: Body,
  { signal, timeoutMs = firstCallMs }: Asking,
): Promise<boolean> => {
  const request = { method: 'POST' as const, path, body: JSON.stringify(body) }
  const answer = await endpoint.ask(request, { timeoutMs, signal })
  if ('kind' in answer || answer.status !== 200) return false
  const chat = path !== completionsPath
  const asked = { shown: '', n: 2, chat, json: false, thinkingOff: false, indexed: true }
  return !readReply(answer.text, asked).failure
}
