/**
 * One server: its sockets, and how many sequences it is working on for us. Calls wait in our own
 * queue, never in the pool, where an abort is noticed only when a call's turn comes
 * (nodejs/undici#5662): there are as many sockets as sequences allowed.
 */
import { Client, Pool, type Dispatcher } from 'undici'
import type { Address } from './address.js'
import { type Answer, Exchange } from './exchange.js'
import type { Fault } from './fault.js'
import { SequenceLimit } from './limit.js'

/** Far above any honest answer (n = 128 of 32,000 tokens is some 16 MB), far below our memory. */
export const maxAnswerBytes = 64 * 1024 * 1024

/**
 * vLLM closes a socket after 5 s of idleness and does not say so beforehand
 * (VLLM_HTTP_TIMEOUT_KEEP_ALIVE, uvicorn sends no Keep-Alive header).
 */
const keepAliveMs = 4000

export interface Request {
  method: 'GET' | 'POST'
  path: string
  body?: string
  requestId?: string
  /** Over a connection of its own: no idle socket that may be dead already. */
  fresh?: boolean
}

export class Endpoint {
  readonly address: Address
  readonly limit: SequenceLimit
  readonly #pool: Pool
  readonly #own = new Set<Client>()
  readonly #options: Client.Options

  constructor(
    address: Address,
    {
      concurrency,
      maxBytes = maxAnswerBytes,
    }: { concurrency: number; maxBytes?: number },
  ) {
    this.address = address
    this.limit = new SequenceLimit(concurrency)
    this.#options = {
      pipelining: 1,
      keepAliveTimeout: keepAliveMs,
      keepAliveMaxTimeout: keepAliveMs,
      // A queued call answers nothing for as long as it waits: the deadline is ours.
      headersTimeout: 0,
      bodyTimeout: 0,
      maxResponseSize: maxBytes,
    }
    // A socket is free again one turn of the event loop after its answer. Without this bound
    // undici would open another one in the meantime: twice the sockets, for nothing.
    this.#pool = new Pool(address.origin, { ...this.#options, connections: concurrency })
  }

  /** Sends at once. `onEnd` is called once, later, unless the exchange is cancelled. */
  send(
    request: Request,
    onEnd: (answer: Answer | undefined, fault: Fault | undefined) => void,
  ): Exchange {
    const exchange = new Exchange((answer, fault) =>
      onEnd(answer && this.#withoutKey(answer), fault),
    )
    if (request.fresh) this.#dispatchFresh(this.#optionsOf(request), exchange)
    else this.#pool.dispatch(this.#optionsOf(request), exchange)
    return exchange
  }

  /** `send` as a promise, for start-up: settles into a fault, and cuts what takes too long. */
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
        end(() => resolve({ kind: 'unreachable', message }))
      }, timeoutMs)
      if (signal?.aborted) onAbort()
      else signal?.addEventListener('abort', onAbort)
    })
  }

  /** For messages: `POST http://host/v1/…`. */
  shown({ method, path }: { method: string; path: string }): string {
    return `${method} ${this.address.shown}${path}`
  }

  async close(): Promise<void> {
    await this.#pool.close()
  }

  /** Cuts every socket. */
  destroy(): void {
    void this.#pool.destroy()
    for (const client of this.#own) void client.destroy()
    this.#own.clear()
  }

  #dispatchFresh(options: Dispatcher.DispatchOptions, exchange: Exchange): void {
    const client = new Client(this.address.origin, this.#options)
    this.#own.add(client)
    client.dispatch(options, exchange)
    const forget = (): boolean => this.#own.delete(client)
    client.close().then(forget, forget)
  }

  /** Some proxies quote the key they refuse, and errors are printed and kept. */
  #withoutKey(answer: Answer): Answer {
    const secret = this.address.authorization?.replace(/^\w+ /, '')
    return secret && answer.status !== 200 && answer.text.includes(secret)
      ? { ...answer, text: answer.text.replaceAll(secret, '[key]') }
      : answer
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
