/**
 * One server: its sockets, and how many sequences it is working on for us. Calls wait in our own
 * queue, never in a pool, where an abort is noticed only when a call's turn comes
 * (nodejs/undici#5662).
 */
import { Client, type Dispatcher } from 'undici'
import { secretsOf, withoutSecrets } from '../credentials.js'
import type { Address } from './address.js'
import { mostAnswerBytes } from './answer-bound.js'
import { type Answer, Exchange } from './exchange.js'
import type { Fault } from './fault.js'
import { Health } from './health.js'
import { SequenceLimit } from './limit.js'
import { lookAt } from './look.js'
import { Sockets } from './sockets.js'
import type { Steering } from './steering.js'

/**
 * vLLM closes a socket after 5 s of idleness and does not say so beforehand
 * (VLLM_HTTP_TIMEOUT_KEEP_ALIVE, uvicorn sends no Keep-Alive header).
 */
const keepAliveMs = 4000

export interface Request {
  method: 'GET' | 'POST'
  path: string
  body?: string
  /** The answer is cut off where it grows beyond this. */
  maxBytes?: number
  requestId?: string
  /** Over a connection of its own: no idle socket that may be dead already. */
  fresh?: boolean
}

/** Makes what sends requests over one socket: undici's Client, unless told otherwise. */
export type MakeClient = (origin: string, options: Client.Options) => Dispatcher

export interface EndpointOptions {
  /** Sequences in flight at first. */
  concurrency: number
  /** Of the calls it gets; default 10 min. */
  deadlineMs?: number | undefined
  client?: MakeClient | undefined
}

export class Endpoint {
  readonly address: Address
  readonly limit: SequenceLimit
  readonly health: Health
  /** Names of the models that are asked for: a server that comes back must still serve them. */
  readonly models = new Set<string>()
  /** Moves the limit; none where the user has fixed it. */
  steering: Steering | undefined
  /** vLLM's version, once it has said it. */
  version: string | undefined
  readonly #sockets: Sockets
  readonly #secrets: readonly string[]
  #users = 0

  constructor(
    address: Address,
    {
      concurrency,
      deadlineMs = 600_000,
      client = (origin, options) => new Client(origin, options),
    }: EndpointOptions,
  ) {
    this.address = address
    this.#secrets = secretsOf(address.authorization)
    this.limit = new SequenceLimit(concurrency)
    this.health = new Health({
      look: (timeoutMs, signal) =>
        lookAt(this, { models: this.models, timeoutMs, signal }),
      inFlight: () => this.limit.inFlight,
      deadlineMs,
    })
    this.#sockets = new Sockets(() =>
      client(address.origin, {
        pipelining: 1,
        keepAliveTimeout: keepAliveMs,
        keepAliveMaxTimeout: keepAliveMs,
        // A queued call answers nothing for as long as it waits: the deadline is ours.
        headersTimeout: 0,
        bodyTimeout: 0,
      }),
    )
  }

  /** Sends at once. `onEnd` is called once, later, unless the exchange is cancelled. */
  send(
    request: Request,
    onEnd: (answer: Answer | undefined, fault: Fault | undefined) => void,
  ): Exchange {
    const sockets = this.#sockets
    const socket = request.fresh ? sockets.takeFresh() : sockets.take()
    const exchange = new Exchange({
      maxBytes: request.maxBytes ?? mostAnswerBytes,
      onEnd: (answer, fault) =>
        onEnd(
          answer && this.#withoutKey(answer),
          fault?.text ? { ...fault, text: this.hushed(fault.text) } : fault,
        ),
      onFree: isConnected => {
        if (!isConnected) sockets.discard(socket)
        else if (request.fresh) void sockets.drop(socket)
        else sockets.give(socket)
      },
    })
    socket.dispatch(this.#optionsOf(request), exchange)
    return exchange
  }

  /** `send` as a promise, for start-up and probes: settles into a fault, and cuts what takes too long. */
  ask(
    request: Request,
    { timeoutMs, signal }: { timeoutMs: number; signal?: AbortSignal | undefined },
  ): Promise<Answer | Fault> {
    return new Promise((resolve, reject) => {
      const end = (settle: () => void): void => {
        clearTimeout(timer)
        signal?.removeEventListener('abort', onAbort)
        settle()
      }
      const onAbort = (): void => {
        exchange.cancel()
        end(() => reject(signal?.reason as Error))
      }
      const exchange = this.send(request, (answer, fault) =>
        end(() => resolve(answer ?? (fault as Fault))),
      )
      const timer = setTimeout(() => {
        exchange.cancel()
        const message = `no answer within ${timeoutMs / 1000} s`
        end(() => resolve({ kind: 'silent', message }))
      }, timeoutMs)
      if (signal?.aborted) onAbort()
      else signal?.addEventListener('abort', onAbort)
    })
  }

  /** For messages: `POST http://host/v1/…`. */
  shown({ method, path }: { method: string; path: string }): string {
    return `${method} ${this.address.shown}${path}`
  }

  /** One more group sends calls here. */
  join(): void {
    this.#users++
  }

  /** A group is done with it: with the last one the sockets go, once they are idle. */
  async leave(): Promise<void> {
    if (--this.#users === 0) await this.close()
  }

  /** The same at once, cutting what is open. */
  cut(): void {
    if (--this.#users === 0) this.destroy()
  }

  async close(): Promise<void> {
    this.health.stop()
    this.steering?.stop()
    await this.#sockets.close()
  }

  /** Cuts every socket. */
  destroy(): void {
    this.health.stop()
    this.steering?.stop()
    this.#sockets.destroy()
  }

  /**
   * A text of the server's without our key: some proxies quote the one they refuse, and errors
   * are printed and kept.
   */
  hushed(text: string): string {
    return withoutSecrets(text, this.#secrets)
  }

  /** A good answer may hold any word, and keys such as `EMPTY` are words. */
  #withoutKey(answer: Answer): Answer {
    if (answer.status === 200) return answer
    const { text, location } = answer
    return {
      ...answer,
      text: this.hushed(text),
      location: location && this.hushed(location),
    }
  }

  #optionsOf({ method, path, body, requestId }: Request): Dispatcher.DispatchOptions {
    const headers = ['accept', 'application/json']
    if (body !== undefined) headers.push('content-type', 'application/json')
    if (requestId) headers.push('x-request-id', requestId)
    if (this.address.authorization)
      headers.push('authorization', this.address.authorization)
    return { method, path: this.address.base + path, headers, body: body ?? null }
  }
}
