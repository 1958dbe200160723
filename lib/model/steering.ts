/**
 * `--concurrency auto` at one server: its gauges are read once a second while it works for us,
 * and its limit follows them by the law in steer.ts. A reading may come late, since the process
 * that answers it also tokenizes our prompts; there is never more than one on its way.
 */
import type { AttemptFailure } from './attempt.js'
import type { Endpoint } from './endpoint.js'
import type { Answer } from './exchange.js'
import type { Fault } from './fault.js'
import { gaugesIn, type Gauges } from './gauges.js'
import type { Usage } from './model.js'
import { Steer } from './steer.js'
import { FallTeller } from './tell-falls.js'

/** What of an endpoint is steered. */
export type Steered = Pick<Endpoint, 'address' | 'limit' | 'ask'>

/** What is known of a server's gauges before the first call. Neither: it could not be asked yet. */
export interface StartReading {
  gauges?: Gauges
  /** Why there are none to be had, for good. */
  closed?: string
}

export interface SteeringOptions {
  start: StartReading
  /** Sequences that wait for room in our own queue. */
  queued: () => number
  /** As served, for pages that list several models. */
  model?: string | undefined
  /** A line for people: where the limit starts, comes to rest, falls far, and is back. */
  log?: ((line: string) => void) | undefined
}

export interface SteeringState {
  /** Why the limit is what it is, in words. */
  reason: string
  /** As last read; absent before that. */
  running?: number
  waiting?: number
  kvUsage?: number
}

const request = { method: 'GET', path: '/metrics' } as const
const firstMs = 500
const everyMs = 1000
const timeoutMs = 10_000

/** Asks for the gauges once, at the start. Never throws but for the signal. */
export const readStart = async (
  endpoint: Pick<Endpoint, 'ask'>,
  {
    signal,
    model,
  }: { signal?: AbortSignal | undefined; model?: string | undefined } = {},
): Promise<StartReading> => {
  const answer = await endpoint.ask(request, { timeoutMs, signal })
  const gauges = gaugesOf(answer, model)
  if (gauges) return { gauges }
  if ('kind' in answer || answer.status >= 500 || answer.status === 429) return {}
  const what =
    answer.status === 200 ? 'has no gauges of vLLM' : `answers ${answer.status}`
  return { closed: `${request.path} ${what}` }
}

const gaugesOf = (answer: Answer | Fault, model?: string): Gauges | undefined =>
  'kind' in answer || answer.status !== 200 ? undefined : gaugesIn(answer.text, model)

export class Steering {
  readonly #endpoint: Steered
  readonly #options: SteeringOptions
  readonly #steer: Steer
  readonly #leaving = new AbortController()
  #gauges: Gauges | undefined
  readonly #falls = new FallTeller()
  #told = false
  #busy = false
  #asking = false
  #timer: NodeJS.Timeout | undefined

  /** Sets the endpoint's limit to where it starts. */
  constructor(endpoint: Steered, options: SteeringOptions) {
    this.#endpoint = endpoint
    this.#options = options
    this.#steer = new Steer(options.start.gauges, options.start.closed)
    this.#apply()
    this.#tell(options.start.closed === undefined ? ' at first' : '')
  }

  get state(): SteeringState {
    const { reason } = this.#steer
    if (!this.#gauges) return { reason }
    const { running, waiting, kvUsage } = this.#gauges
    return { reason, running, waiting, ...(kvUsage !== undefined && { kvUsage }) }
  }

  /** A good answer over HTTP: its usage as a whole, and the sequences it was for. */
  answered(usage: Usage, sequences: number): void {
    const now = performance.now()
    this.#steer.answered(usage, sequences, now)
    this.#apply()
    this.#tellFall(now)
  }

  /** An attempt failed there: refusals, lost connections and missed deadlines mean too much. */
  failed({ status, fault, code }: AttemptFailure): void {
    const { inFlight } = this.#endpoint.limit
    if (status === 429 || status === 503) this.#steer.refused(inFlight, performance.now())
    else if (fault === 'reset' || fault === 'cut' || code === 'deadline')
      this.#steer.lost(inFlight, performance.now())
    this.#apply()
  }

  /** Something of ours is in flight there: from now on the gauges are read. */
  busy(): void {
    this.#busy = true
    this.#schedule(firstMs)
  }

  /** Nothing is in flight there. A timer that is set runs out by itself: calls may be few and short. */
  idle(): void {
    this.#busy = false
  }

  /** No reading is on its way after this, and none will be. */
  stop(): void {
    this.#busy = false
    clearTimeout(this.#timer)
    this.#leaving.abort()
  }

  #schedule(ms: number): void {
    if (this.#timer || this.#asking || this.#options.start.closed !== undefined) return
    if (this.#leaving.signal.aborted) return
    this.#timer = setTimeout(this.#read, ms)
    this.#timer.unref()
  }

  readonly #read = async (): Promise<void> => {
    this.#timer = undefined
    if (!this.#busy) return
    const askedAt = performance.now()
    this.#asking = true
    const { signal } = this.#leaving
    const answer = await this.#endpoint
      .ask(request, { timeoutMs, signal })
      .catch(() => undefined)
    this.#asking = false
    const gauges = answer && gaugesOf(answer, this.#options.model)
    const now = performance.now()
    if (gauges) {
      this.#gauges = gauges
      const { inFlight } = this.#endpoint.limit
      this.#steer.read({ now, gauges, inFlight, queued: this.#options.queued() })
      this.#apply()
      if (this.#steer.settled && !this.#told) {
        this.#told = true
        this.#tell(' from here on, or thereabouts')
      }
      this.#tellFall(now)
    }
    if (this.#busy) this.#schedule(Math.max(firstMs, everyMs - (now - askedAt)))
  }

  #tell(when: string): void {
    const { limit, reason } = this.#steer
    const { shown } = this.#endpoint.address
    this.#options.log?.(`${shown}: ${limit} sequences in flight${when} (${reason})`)
  }

  #tellFall(now: number): void {
    const line = this.#falls.look(this.#steer, now)
    if (line !== undefined)
      this.#options.log?.(`${this.#endpoint.address.shown}: ${line}`)
  }

  #apply(): void {
    const { limit } = this.#endpoint
    if (limit.max !== this.#steer.limit) limit.max = this.#steer.limit
  }
}
