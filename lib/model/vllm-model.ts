/**
 * A model on a group of servers: what a step asks becomes a request body, and what came of it is
 * counted. Several of them (one a role) can share the servers, and with them queue and limit.
 */
import { type RejectCode, rejectCodes } from '../codes.js'
import { answerBound } from './answer-bound.js'
import type { Model, ModelCall, ModelStats, OpenCallState, Outcome } from './model.js'
import type { CallOwner, OpenCall, WrittenRequest } from './open-call.js'
import { thinkingIsOff } from './reasoning.js'
import type { ServerGroup } from './server-group.js'
import { jsonText } from './shared-json.js'
import {
  type Body,
  chatPath,
  completionsPath,
  maxStops,
  requestBody,
  type Target,
} from './wire.js'

export interface ModelSettings {
  name: string
  maxModelLen?: number | undefined
  extraBody: Body
  /** False where the server refuses or ignores json_schema: the prompt alone asks for JSON. */
  structured: boolean
  /** Aborts the model. */
  signal?: AbortSignal | undefined
}

export class VllmModel implements Model, CallOwner {
  readonly name: string
  readonly maxModelLen: number | undefined
  readonly #settings: ModelSettings
  readonly group: ServerGroup
  /** Answer schemas that the server refused: asked for by the prompt alone. */
  readonly #refusedSchemas = new Set<string>()
  readonly #calls: { [label: string]: number } = {}
  #ended = 0
  #failed = 0
  #retries = 0
  #promptTokens = 0
  #completionTokens = 0
  #open = 0
  #closed = false
  #onDrained: (() => void) | undefined

  constructor(group: ServerGroup, settings: ModelSettings) {
    this.name = settings.name
    this.maxModelLen = settings.maxModelLen
    this.#settings = settings
    this.group = group
    group.join(this)
    if (settings.signal?.aborted) this.abort()
    else settings.signal?.addEventListener('abort', this.#onSignal)
  }

  call(request: ModelCall): Promise<Outcome> {
    const refusal = this.#refusalOf(request)
    if (refusal) {
      this.#failed++
      return Promise.resolve({ ok: false, attempts: 0, ...refusal })
    }
    this.#open++
    return this.group.submit(this, request)
  }

  stats(): ModelStats {
    return {
      calls: { ...this.#calls },
      ended: this.#ended,
      failed: this.#failed,
      retries: this.#retries,
      tokens: { prompt: this.#promptTokens, completion: this.#completionTokens },
      inFlight: this.group.inFlight,
      limit: this.group.limit,
      queued: this.group.queued,
      servers: this.group.servers,
    }
  }

  openCalls(): OpenCallState[] {
    return this.group.openCalls()
  }

  inputEnded(): void {
    this.group.inputEnded()
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#settings.signal?.removeEventListener('abort', this.#onSignal)
    if (this.#open > 0)
      await new Promise<void>(resolve => {
        const others = this.#onDrained
        this.#onDrained = () => {
          others?.()
          resolve()
        }
      })
    await this.group.leave(this)
  }

  abort(): void {
    this.#closed = true
    this.#settings.signal?.removeEventListener('abort', this.#onSignal)
    this.group.abort(this)
  }

  readonly #onSignal = (): void => this.abort()

  target({ schema }: ModelCall): Target {
    const { extraBody, structured } = this.#settings
    const refused = schema !== undefined && this.#refusedSchemas.has(schema.name)
    return { model: this.name, extraBody, structured: structured && !refused }
  }

  write(call: ModelCall, openEnded: boolean): WrittenRequest {
    const { schema } = call
    const target = this.target(call)
    const chat = call.prompt === undefined
    const body = requestBody(call, target)
    if (openEnded) delete body['max_tokens']
    return {
      path: chat ? chatPath : completionsPath,
      body: jsonText(body),
      asked: {
        n: call.sampling.n ?? 1,
        chat,
        json: schema !== undefined,
        thinkingOff: thinkingIsOff(body),
      },
      maxBytes: answerBound(body, call.sampling.n ?? 1),
      schema: target.structured ? schema?.name : undefined,
    }
  }

  doWithoutSchema(name: string): void {
    this.#refusedSchemas.add(name)
  }

  sent({ request: { label } }: OpenCall): void {
    this.#calls[label] = (this.#calls[label] ?? 0) + 1
  }

  settled(call: OpenCall, outcome: Outcome): void {
    this.#open--
    this.#ended++
    this.#retries += Math.max(0, call.attempts - 1)
    if (outcome.ok) {
      this.#promptTokens += outcome.usage.prompt
      this.#completionTokens += outcome.usage.completion
    } else this.#failed++
    if (this.#open === 0) this.#onDrained?.()
  }

  /** What would be refused anyway is not sent, and the reason is ours to give. */
  #refusalOf({
    sampling: { n = 1, stop = [] },
  }: ModelCall): { code: RejectCode; message: string } | undefined {
    if (this.#closed) return { code: 'aborted', message: rejectCodes.aborted.means }
    if (!Number.isInteger(n) || n < 1)
      return { code: 'bad_request', message: `n is ${n}: expected a whole number from 1` }
    if (stop.length > maxStops)
      return {
        code: 'bad_request',
        message: `${stop.length} stop strings: vLLM takes ${maxStops} at most`,
      }
    return undefined
  }
}
