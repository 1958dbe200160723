/**
 * One HTTP request and its whole answer, on undici's dispatch interface: no stream object, no
 * AbortSignal and no promise a call, and the one thing `request()` does not tell, whether any
 * byte of an answer had come. Ends exactly once, in `onEnd` unless it is cancelled; its socket
 * is given up before that in `onFree`.
 */
import type { Dispatcher } from 'undici'
import { rawLimit } from '../errors.js'
import { type Fault, faultOf } from './fault.js'

export interface Answer {
  status: number
  text: string
  retryAfter?: string | undefined
  location?: string | undefined
}

export interface ExchangeOptions {
  /** Of the answer's body. */
  maxBytes: number
  onEnd: (answer: Answer | undefined, fault: Fault | undefined) => void
  /** False where nothing has been sent: the socket may be waiting for its connection. */
  onFree: (isConnected: boolean) => void
}

/**
 * How long the rest of an answer may take to follow. Its beginning may take as long as the call
 * has: servers answer when all is done, and then all at once.
 */
export const restMs = 60_000

export class Exchange implements Dispatcher.DispatchHandler {
  readonly #options: ExchangeOptions
  readonly #chunks: Buffer[] = []
  #bytes = 0
  #rest: NodeJS.Timeout | undefined
  #controller: Dispatcher.DispatchController | undefined
  #over = false
  #answered = false
  #answer: Answer = { status: 0, text: '' }

  constructor(options: ExchangeOptions) {
    this.#options = options
  }

  /** Cuts the socket, so that a server frees the work; nothing is reported any more. */
  cancel(): void {
    if (this.#over) return
    this.#over = true
    this.#controller?.abort(cancelled)
    this.#letGo()
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller
    if (this.#over) controller.abort(cancelled)
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: { [name: string]: string | string[] | undefined },
  ): void {
    this.#answered = true
    if (status < 200) return
    this.#answer.status = status
    this.#answer.retryAfter = first(headers['retry-after'])
    this.#answer.location = first(headers['location'])
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#over) return
    this.#chunks.push(chunk)
    this.#bytes += chunk.length
    const { maxBytes } = this.#options
    if (this.#bytes > maxBytes)
      return this.#break('too_big', `more than ${maxBytes.toLocaleString('en-US')} bytes`)
    clearTimeout(this.#rest)
    this.#rest = setTimeout(this.#onNoRest, restMs)
  }

  onResponseEnd(): void {
    if (this.#over) return
    const chunks = this.#chunks
    this.#answer.text = (
      chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks)
    ).toString()
    this.#letGo()
    this.#options.onEnd(this.#answer, undefined)
  }

  /** undici reports a bad request inside `dispatch`, before the caller holds this exchange. */
  onResponseError(_controller: unknown, error: Error): void {
    const progress = { sent: this.#controller !== undefined, answered: this.#answered }
    queueMicrotask(() => {
      if (this.#over) return
      const text = this.#partial()
      this.#letGo(true)
      this.#options.onEnd(undefined, { ...faultOf(error, progress), text })
    })
  }

  readonly #onNoRest = (): void =>
    this.#break('cut', `nothing more came for ${restMs / 1000} s`)

  /** Gives up an answer that has begun. */
  #break(kind: Fault['kind'], message: string): void {
    const text = this.#partial()
    this.cancel()
    this.#options.onEnd(undefined, { kind, message, text })
  }

  #partial(): string {
    return Buffer.concat(this.#chunks, Math.min(this.#bytes, rawLimit)).toString()
  }

  #letGo(isConnected = this.#controller !== undefined): void {
    this.#over = true
    this.#chunks.length = 0
    clearTimeout(this.#rest)
    this.#options.onFree(isConnected)
  }
}

const first = (value: string | string[] | undefined): string | undefined =>
  Array.isArray(value) ? value[0] : value

const cancelled = new Error('cancelled')
