/**
 * All there is to know of a server before a run, for `doctor`: a few tiny calls, a plain object.
 */
import { parseAddress } from './address.js'
import { failedByFault, failedByStatus } from './attempt.js'
import { readSchemaSupport, type SchemaSupport, takesForm } from './capabilities.js'
import { Endpoint } from './endpoint.js'
import type { Choice, ModelCall } from './model.js'
import { pickModel } from './pick-model.js'
import { type ListedModel, readServer } from './read-server.js'
import { notesOn } from './probe-notes.js'
import { blindLimit, startLimit } from './start-limit.js'
import { readStart } from './steering.js'
import { type Body, chatPath, readReply, requestBody } from './wire.js'

export interface ProbeOptions {
  url: string
  model?: string | undefined
  apiKey?: string | undefined
  extraBody?: Body | undefined
  startWaitMs?: number
  signal?: AbortSignal | undefined
}

/** Does the model think? swallowed: the whole answer came as thinking (see `notes`). */
export type ReasoningPlace = 'none' | 'apart' | 'swallowed'

export interface Findings {
  url: string
  /** vLLM's version; absent for another OpenAI-compatible server. */
  version?: string | undefined
  models: ListedModel[]
  /** The model that a run would use. */
  model: string
  /** Context length in tokens, where the server says it. */
  maxModelLen?: number | undefined
  /** A chat call gave an answer. */
  chat: boolean
  /** Several samples in one call (`n`). */
  samples: boolean
  jsonSchema: SchemaSupport
  reasoning: ReasoningPlace
  /** `/v1/completions` takes a list of prompts. */
  promptLists: boolean
  /** `/v1/chat/completions/batch` is there (vLLM 0.19 and later). */
  batchChat: boolean
  /** `/metrics` with vLLM's gauges. */
  metrics: boolean
  /** What a run would do with this server. */
  settings: {
    /** Sequences in flight at first; from then on the server's gauges decide. */
    concurrency: number
    /** Answers are asked for with `response_format`, not by the prompt alone. */
    structured: boolean
  }
  /** What the user should know or change, one sentence each. */
  notes: string[]
}

/** Throws `Failure` where a run could not even start: no connection, refused key, no such model. */
export const probe = async ({
  url,
  model: wanted,
  apiKey,
  extraBody = {},
  startWaitMs: waitMs = 2000,
  signal,
}: ProbeOptions): Promise<Findings> => {
  const address = parseAddress(url, apiKey)
  const endpoint = new Endpoint(address, { concurrency: blindLimit })
  try {
    const facts = await readServer(endpoint, { waitMs, signal })
    const { name, maxModelLen } = pickModel([{ endpoint, facts }], wanted)
    const asking = { signal }
    const [answer, jsonSchema, promptLists, batchChat, start] = await Promise.all([
      greet(endpoint, name, extraBody, signal),
      readSchemaSupport(endpoint, name, extraBody, asking),
      takesForm(endpoint, name, 'list', asking),
      takesForm(endpoint, name, 'chats', asking),
      readStart(endpoint, { signal, model: name }),
    ])
    const found = {
      maxModelLen,
      samples: answer.choices.length > 1,
      jsonSchema,
      reasoning: placeOf(answer.choices),
    }
    return {
      url: address.shown,
      version: facts.version,
      models: facts.models ?? [],
      model: name,
      chat: answer.choices.length > 0,
      ...found,
      promptLists,
      batchChat,
      metrics: start.gauges !== undefined,
      settings: {
        concurrency: startLimit(start.gauges, start.closed).limit,
        structured: jsonSchema === 'honoured' || jsonSchema === 'unknown',
      },
      notes: notesOn(found, answer.trouble),
    }
  } finally {
    endpoint.destroy()
  }
}

interface Greeting {
  choices: Choice[]
  trouble: string[]
}

/** A plain chat call for two samples, and for one where two are too many. */
const greet = async (
  endpoint: Endpoint,
  model: string,
  extraBody: Body,
  signal: AbortSignal | undefined,
): Promise<Greeting> => {
  const trouble: string[] = []
  for (const n of [2, 1]) {
    const call: ModelCall = {
      label: 'probe',
      rank: 0,
      messages: [
        { role: 'system', content: 'You are a terse assistant.' },
        { role: 'user', content: 'Say hello.' },
      ],
      sampling: { temperature: 1, topP: 0.95, maxTokens: 32, n },
    }
    const request = {
      method: 'POST' as const,
      path: chatPath,
      body: JSON.stringify(requestBody(call, { model, extraBody, structured: false })),
    }
    const shown = endpoint.shown(request)
    const answer = await endpoint.ask(request, { timeoutMs: 60_000, signal })
    if ('kind' in answer) trouble.push(failedByFault(shown, answer).message)
    else if (answer.status !== 200) trouble.push(failedByStatus(shown, answer).message)
    else {
      const reading = readReply(answer.text, {
        shown,
        n,
        chat: true,
        json: false,
        thinkingOff: false,
      })
      if (!reading.failure) return { choices: reading.choices, trouble }
      trouble.push(endpoint.hushed(reading.failure.message))
    }
  }
  return { choices: [], trouble }
}

/** A thought that was cut at the token limit is honest; one that ended is an answer in hiding. */
const placeOf = (choices: readonly Choice[]): ReasoningPlace => {
  const thinking = choices.filter(({ reasoning }) => reasoning)
  if (thinking.length === 0) return 'none'
  return thinking.some(({ text, finish }) => !text && finish === 'stop')
    ? 'swallowed'
    : 'apart'
}
