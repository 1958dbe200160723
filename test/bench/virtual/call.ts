/**
 * One request from the client's undici handler to the simulated server and back, in memory. Each
 * way takes `oneWayMs` of virtual time; a client that goes away is noticed after as long.
 */
import type { Dispatcher } from 'undici'
import type { Call, Reply } from '../../../fixtures/vllm/exchange.js'
import type { VirtualClock } from './clock.js'

export interface Wire {
  clock: VirtualClock
  oneWayMs: number
}

const codes = { close: 'UND_ERR_SOCKET', reset: 'ECONNRESET' }

export class VirtualCall implements Call, Dispatcher.DispatchController {
  readonly method: string
  readonly path: string
  readonly headers: Call['headers']
  readonly body: string
  readonly served: number
  readonly outcome = { status: 0 }
  onGone: (() => void) | undefined
  gone = false

  aborted = false
  paused = false
  reason: Error | null = null
  readonly #wire: Wire
  readonly #handler: Dispatcher.DispatchHandler
  #over = false

  constructor(
    wire: Wire,
    options: Dispatcher.DispatchOptions,
    handler: Dispatcher.DispatchHandler,
    served: number,
  ) {
    this.method = options.method
    this.path = options.path.replace(/\?.*$/, '')
    this.headers = named(options.headers as string[])
    this.body = String(options.body ?? '')
    this.served = served
    this.#wire = wire
    this.#handler = handler
  }

  // The client's end.

  abort(reason: Error): void {
    if (this.#over) return
    this.#over = true
    this.aborted = true
    this.reason = reason
    queueMicrotask(() => this.#handler.onResponseError?.(this, reason))
    this.#later(() => {
      this.gone = true
      this.onGone?.()
    })
  }
  pause(): void {
    this.paused = true
  }
  resume(): void {
    this.paused = false
  }

  /** Nothing is at that address: no connection. */
  refuse(): void {
    const error = Object.assign(new Error('connect ECONNREFUSED'), {
      code: 'ECONNREFUSED',
    })
    this.#toClient(() => this.#handler.onResponseError?.(this, error), true)
  }

  // The server's end.

  send(reply: Reply): void {
    this.#head(reply)
    this.#data(reply.body ?? '')
    this.#end()
  }

  stream(reply: Reply): { write(chunk: string): void; end(): void } {
    this.#head(reply)
    return { write: chunk => this.#data(chunk), end: () => this.#end() }
  }

  sendPart(reply: Reply, part: string | Buffer, how: 'close' | 'reset' | 'stall'): void {
    this.#head(reply)
    this.#data(part)
    if (how !== 'stall') this.cut(how)
  }

  cut(how: 'close' | 'reset'): void {
    this.onGone = undefined
    const error = Object.assign(new Error('other side closed'), { code: codes[how] })
    this.#toClient(() => this.#handler.onResponseError?.(this, error), true)
  }

  #head({ status, type, headers = [] }: Reply): void {
    this.outcome.status = status
    const sent = named([
      ...headers,
      ...(type === null ? [] : ['content-type', type ?? 'application/json']),
    ])
    this.#toClient(() => this.#handler.onResponseStart?.(this, status, sent, ''))
  }

  #data(chunk: string | Buffer): void {
    if (chunk.length > 0)
      this.#toClient(() => this.#handler.onResponseData?.(this, Buffer.from(chunk)))
  }

  #end(): void {
    this.onGone = undefined
    this.#toClient(() => this.#handler.onResponseEnd?.(this, {}), true)
  }

  #toClient(tell: () => void, last = false): void {
    this.#later(() => {
      if (this.#over) return
      this.#over = last
      tell()
    })
  }

  #later(run: () => void): void {
    this.#wire.clock.start(this.#wire.oneWayMs, run)
  }
}

/** `['accept', 'x', …]` as an object. */
const named = (flat: readonly string[]): { [name: string]: string } => {
  const headers: { [name: string]: string } = {}
  for (let i = 0; i + 1 < flat.length; i += 2)
    headers[(flat[i] as string).toLowerCase()] = flat[i + 1] as string
  return headers
}
