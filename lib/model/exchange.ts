/**
 * One HTTP request and its whole answer, on undici's dispatch interface: no stream object, no
 * AbortSignal and no promise a call, and the one thing `request()` does not tell, whether any
 * byte of an answer had come. Ends exactly once, in `onEnd` unless it is cancelled; its socket
 * is given up before that in `onFree`.
 */
import type { Dispatcher } from 'undici'
import { type Fault, faultOf } from './fault.js'

export interface Answer {
  status: number
  text: string
  retryAfter?: string | undefined
  location?: string | undefined
}

type OnEnd = (answer: Answer | undefined, fault: Fault | undefined) => void

export class Exchange implements Dispatcher.DispatchHandler {
  readonly #onEnd: OnEnd
  readonly #onFree: () => void
  readonly #chunks: Buffer[] = []
  #controller: Dispatcher.DispatchController | undefined
  #over = false
  #answered = false
  #answer: Answer = { status: 0, text: '' }

  constructor(onEnd: OnEnd, onFree: () => void) {
    this.#onEnd = onEnd
    this.#onFree = onFree
  }

  /** Cuts the socket, so that a server frees the work; nothing is reported any more. */
  cancel(): void {
    if (this.#over) return
    this.#over = true
    this.#chunks.length = 0
    this.#controller?.abort(cancelled)
    this.#onFree()
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
    this.#chunks.push(chunk)
  }

  onResponseEnd(): void {
    if (this.#over) return
    this.#over = true
    const chunks = this.#chunks
    this.#answer.text = (
      chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks)
    ).toString()
    this.#onFree()
    this.#onEnd(this.#answer, undefined)
  }

  /** undici reports a bad request inside `dispatch`, before the caller holds this exchange. */
  onResponseError(_controller: unknown, error: Error): void {
    const progress = { sent: this.#controller !== undefined, answered: this.#answered }
    queueMicrotask(() => {
      if (this.#over) return
      this.#over = true
      this.#onFree()
      this.#onEnd(undefined, faultOf(error, progress))
    })
  }
}

const first = (value: string | string[] | undefined): string | undefined =>
  Array.isArray(value) ? value[0] : value

const cancelled = new Error('cancelled')
