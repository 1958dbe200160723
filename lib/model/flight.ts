/**
 * One HTTP request at a server, and the calls that it carries: one as a rule, several where they
 * are batched. Its sequences count from the moment it is sent until it ends or nobody waits for
 * it any more.
 */
import type { Endpoint } from './endpoint.js'
import type { Exchange } from './exchange.js'
import type { OpenCall } from './open-call.js'

export class Flight {
  readonly endpoint: Endpoint
  /** Those that still wait for the answer. */
  readonly calls: Set<OpenCall>
  readonly sequences: number
  /** Nothing of ours is in flight there beside it. */
  readonly isAlone: boolean
  #exchange: Exchange | undefined
  /** Of the server's health: whether it was sent before a trial, or in it. */
  readonly era: number
  #over = false

  constructor(endpoint: Endpoint, calls: readonly OpenCall[]) {
    this.endpoint = endpoint
    this.calls = new Set(calls)
    this.sequences = calls.reduce((sum, { sequences }) => sum + sequences, 0)
    this.isAlone = calls.some(call => call.alone)
    endpoint.limit.take(this.sequences, this.isAlone)
    this.era = endpoint.health.sent()
    endpoint.steering?.busy()
    for (const call of calls) call.board(this)
  }

  carriedBy(exchange: Exchange): void {
    this.#exchange = exchange
  }

  /** It has ended: gives its room back. The calls are free to be sent again. */
  land(): void {
    if (this.#over) return
    this.#over = true
    this.#exchange = undefined
    const { health, limit, steering } = this.endpoint
    health.landed(this.era)
    limit.give(this.sequences)
    if (limit.inFlight === 0) steering?.idle()
    for (const call of this.calls) call.flight = undefined
  }

  /** Somebody waits no longer. With the last one the socket is cut, and the server frees the work. */
  leave(call: OpenCall): void {
    this.calls.delete(call)
    call.flight = undefined
    if (this.calls.size === 0) this.cancel()
  }

  cancel(): void {
    const exchange = this.#exchange
    this.land()
    exchange?.cancel()
  }
}
