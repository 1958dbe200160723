/**
 * What a step knows of a model: it asks, and gets an outcome. Where the server is, how many
 * there are, retries, batching and limits are behind this interface.
 */
import type { RejectCode } from '../codes.js'

export interface Message {
  role: 'system' | 'user' | 'assistant' | 'tool'
  content: string
}

/** A JSON Schema the answer must follow. The same text for many calls lets a server cache it. */
export interface AnswerSchema {
  name: string
  schema: object
}

export interface Sampling {
  temperature: number
  topP: number
  maxTokens: number
  /** Samples wanted from this one call; default 1. */
  n?: number
  seed?: number | undefined
  stop?: string[]
}

export interface ModelCall {
  /** For counters, traces and the order of calls: decompose, question, compose, generate, judge. */
  label: string
  /** Where the record stands in the input: the smaller, the sooner its calls are sent. */
  rank: number
  /** A chat, or with `prompt` a text completion on `/v1/completions`. */
  messages?: Message[]
  prompt?: string
  sampling: Sampling
  schema?: AnswerSchema | undefined
  /** Further fields of the request body, such as `add_special_tokens` for a raw prompt. */
  extra?: { [field: string]: unknown }
}

export interface Choice {
  text: string
  /** finish_reason: stop, length, repetition, … An `abort` never gets here: it is retried. */
  finish: string
  reasoning?: string
}

export interface Usage {
  prompt: number
  completion: number
}

/** A call always settles into one of these; it never throws. */
export type Outcome =
  | { ok: true; choices: Choice[]; usage: Usage; attempts: number }
  | {
      ok: false
      code: RejectCode
      message: string
      status?: number
      attempts: number
      /** The last reply there was in any attempt, for the reject. */
      raw?: string
    }

/** Counted since the model was made. Calls are counted once each, whatever the attempts. */
export interface ModelStats {
  calls: { [label: string]: number }
  failed: number
  retries: number
  tokens: Usage
  /** Those of the calls that have ended, however. */
  ended: number
  /** Sequences at the server now, the limit on them, and calls that wait for room here. */
  inFlight: number
  limit: number
  queued: number
  /** Each server by itself; one that several models share is in the stats of each. */
  servers: ServerStats[]
}

export interface ServerStats {
  /** Without credentials. */
  url: string
  /** vLLM's version, where the server said it at the start. */
  version?: string
  /** Sequences allowed there at once, and in flight. */
  limit: number
  inFlight: number
  /** Why the limit is what it is, in words. */
  reason: string
  /** What the server itself says it is doing, where it says so: other clients' work included. */
  running?: number
  waiting?: number
  /** Share of the KV cache in use, 0 to 1. */
  kvUsage?: number
  /** Why it gets no calls now; absent while it does. */
  out?: string
}

/** What a call that is open waits for. */
export interface OpenCallState {
  label: string
  /** Of its record: the place in the input. */
  rank: number
  /** `backing off` is any wait between two attempts. */
  state: 'queued' | 'in flight' | 'backing off'
  /** For how long it has been in that state. */
  ms: number
  /** Times it was sent. */
  attempts: number
  /** The server it is at, or was sent to last; without credentials. */
  url?: string
}

export interface Model {
  /** Name of the model as sent on the wire. */
  readonly name: string
  /** Context length in tokens, where the server says it. */
  readonly maxModelLen?: number | undefined
  call(request: ModelCall): Promise<Outcome>
  stats(): ModelStats
  /** The calls that are open, one by one, for people who wonder what a run waits for. */
  openCalls?(): OpenCallState[]
  /**
   * No new records will come: what is open is finished in the order that ends soonest. Stages
   * call it when their source has ended.
   */
  inputEnded?(): void
  /** Waits for open calls and closes the sockets. */
  close(): Promise<void>
  /** Cuts open calls: they settle as `aborted`, and the server sees the disconnect. */
  abort(): void
}

/** Which model does which part of the method. They may all be the same one. */
export interface Roles {
  decompose: Model
  compose: Model
  generate: Model
  judge: Model
}
export const roleNames = ['decompose', 'compose', 'generate', 'judge'] as const
export type RoleName = (typeof roleNames)[number]
