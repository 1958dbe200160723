/**
 * Connections to one server, each for one request at a time: as many as were ever in flight at
 * once, and no bound of their own, since the limit that bounds them moves. Last used, first
 * taken: what is not needed any more goes idle and is closed by its keep-alive timeout.
 */
import type { Dispatcher } from 'undici'

export class Sockets {
  readonly #make: () => Dispatcher
  readonly #all = new Set<Dispatcher>()
  readonly #free: Dispatcher[] = []

  constructor(make: () => Dispatcher) {
    this.#make = make
  }

  /** Keeps working after an error: a dispatcher opens a new connection by itself. */
  take(): Dispatcher {
    const free = this.#free.pop()
    if (free) return free
    const made = this.#make()
    this.#all.add(made)
    return made
  }

  give(socket: Dispatcher): void {
    this.#free.push(socket)
  }

  /** One that no request has used before, and none will after. */
  takeFresh(): Dispatcher {
    const made = this.#make()
    this.#all.add(made)
    return made
  }

  /** One that has not connected yet, and that nobody waits for: the next call would, for seconds. */
  discard(socket: Dispatcher): void {
    this.#all.delete(socket)
    void socket.destroy()
  }

  /** Closes a fresh one once its request has ended. */
  async drop(socket: Dispatcher): Promise<void> {
    await socket.close()
    this.#all.delete(socket)
  }

  async close(): Promise<void> {
    await Promise.all([...this.#all].map(socket => socket.close()))
  }

  destroy(): void {
    for (const socket of this.#all) void socket.destroy()
  }
}
