/** The simulated server on a virtual network: its engine and its wire, without sockets. */
import { batchingEngine } from '../../../fixtures/vllm/engine/batching.js'
import type { Gauges, Job } from '../../../fixtures/vllm/engine/engine.js'
import type { Books } from '../../../fixtures/vllm/books.js'
import { settle, type SimulateOptions } from '../../../fixtures/vllm/options.js'
import { Server } from '../../../fixtures/vllm/server.js'
import { traitsOf } from '../../../fixtures/vllm/versions.js'
import type { TimeLaw } from '../../../fixtures/vllm/engine/time-law.js'
import type { VirtualClock } from './clock.js'
import type { VirtualNetwork } from './network.js'

export interface VirtualServer {
  readonly url: string
  /** What it has done. */
  readonly books: Books
  readonly rules: Server['rules']
  /** What it is doing now. */
  gauges(): Gauges
  /** The engine fails all it has in flight, and connections are refused. */
  die(): void
  revive(): void
}

export interface VirtualServerOptions extends Omit<SimulateOptions, 'time'> {
  time: TimeLaw
  /** Told of each job that the engine is given. */
  onSubmit?: ((job: Job) => void) | undefined
}

export const virtualServer = (
  clock: VirtualClock,
  network: VirtualNetwork,
  options: VirtualServerOptions,
  url = 'http://127.0.0.1:8000',
): VirtualServer => {
  const settings = settle({ logLimit: 0, ...options })
  const law = { ...(settings.time as TimeLaw), maxNumSeqs: settings.maxNumSeqs }
  const server = new Server(settings, traitsOf(settings.version), books => {
    const engine = batchingEngine(books, law, clock.forEngine())
    return {
      ...engine,
      submit(job) {
        options.onSubmit?.(job)
        engine.submit(job)
      },
    }
  })
  network.plug(url, server.handle)
  return {
    url,
    books: server.books,
    rules: server.rules,
    gauges: () => server.gauges,
    die() {
      server.dying = true
      server.generation.failAll()
      network.unplug(url)
    },
    revive() {
      server.dying = false
      network.plug(url, server.handle)
    },
  }
}
