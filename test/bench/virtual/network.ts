/**
 * A network without sockets: addresses of simulated servers, and the undici dispatcher by which
 * the client reaches them (option `client` of `vllm()` and `connectRoles()`).
 */
import { Dispatcher } from 'undici'
import type { Call } from '../../../fixtures/vllm/exchange.js'
import { VirtualCall, type Wire } from './call.js'

export class VirtualNetwork {
  readonly #wire: Wire
  readonly #hosts = new Map<string, (call: Call) => void>()

  constructor(wire: Wire) {
    this.#wire = wire
  }

  /** Something answers at that origin from now on. */
  plug(origin: string, handle: (call: Call) => void): void {
    this.#hosts.set(origin, handle)
  }

  /** Connections to it are refused from now on. */
  unplug(origin: string): void {
    this.#hosts.delete(origin)
  }

  readonly client = (origin: string): Dispatcher =>
    new VirtualSocket(this.#wire, () => this.#hosts.get(origin))
}

/** What undici's Client is to the real network. */
class VirtualSocket extends Dispatcher {
  readonly #wire: Wire
  readonly #host: () => ((call: Call) => void) | undefined
  #served = 0

  constructor(wire: Wire, host: () => ((call: Call) => void) | undefined) {
    super()
    this.#wire = wire
    this.#host = host
  }

  override dispatch(
    options: Dispatcher.DispatchOptions,
    handler: Dispatcher.DispatchHandler,
  ): boolean {
    const call = new VirtualCall(this.#wire, options, handler, this.#served++)
    if (!this.#host()) call.refuse()
    else {
      handler.onRequestStart?.(call, {})
      this.#wire.clock.start(this.#wire.oneWayMs, () => {
        if (call.aborted) return
        const handle = this.#host()
        if (handle) handle(call)
        else call.cut('reset')
      })
    }
    return true
  }

  override close(): Promise<void> {
    return Promise.resolve()
  }

  override destroy(): Promise<void> {
    return Promise.resolve()
  }
}
