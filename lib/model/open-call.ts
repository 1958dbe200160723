/**
 * The state of one call from `model.call()` to its outcome: how often it was sent, what it still
 * waits for, and how to let go of all of it.
 */
import type { Endpoint } from './endpoint.js'
import type { Flight } from './flight.js'
import type { ModelCall, OpenCallState, Outcome } from './model.js'
import type { Waiting } from './order.js'
import type { Asked, Target } from './wire.js'

/** A request as it goes out: the same bytes on every retry, so that a seed means the same. */
export interface WrittenRequest {
  path: string
  body: string
  asked: Omit<Asked, 'shown'>
  /** Of the answer, at most. */
  maxBytes: number
  /** Name of the answer schema in the body, if there is one. */
  schema?: string | undefined
}

/** The model a call belongs to: it writes the body, and keeps the counts. */
export interface CallOwner {
  /** Of the model, as sent on the wire. */
  readonly name: string
  /** What goes into every body. */
  target(call: ModelCall): Target
  write(call: ModelCall, openEnded: boolean): WrittenRequest
  /** From now on no `response_format` for this schema. */
  doWithoutSchema(name: string): void
  sent(call: OpenCall): void
  settled(call: OpenCall, outcome: Outcome): void
}

export class OpenCall implements Waiting {
  readonly owner: CallOwner
  readonly request: ModelCall
  readonly label: string
  readonly rank: number
  readonly arrival: number
  /** Slots it takes at the server: its n. */
  readonly sequences: number
  readonly #resolve: (outcome: Outcome) => void

  written: WrittenRequest | undefined
  attempts = 0
  /** Retries that count against the budget. */
  retries = 0
  /** Of servers, with the call there. */
  deaths = 0
  /** The last reply that was no answer, for the reject. */
  raw: string | undefined
  deadlineAt = Infinity
  /** Where its connection broke; whether that server died of it is not known yet. */
  brokenAt: Endpoint | undefined
  /** Goes out over connections of its own, for it met a dead socket. */
  fresh = false
  /** Gets an endpoint to itself: see `Quarantine`. */
  alone = false
  /** Had one, the last time it was sent. */
  wasAlone = false
  /**
   * Sent without `max_tokens`: the prompt and the room it asked for did not fit the context
   * together (vLLM 0.30 refuses that, 0.32 cuts the room by itself). A chat then gets all there
   * is left; only a prompt that does not fit by itself is too long.
   */
  openEnded = false
  /** Calls with the same key may share a request; without one it goes by itself. */
  groupKey: string | undefined
  waiting = false
  /** When it began to wait, to fly or to back off, whichever it does now. */
  since = performance.now()
  /** Calls behind it that were sent before it. */
  passed = 0
  isSettled = false
  /** Where it was sent last; a retry goes elsewhere if it can. */
  endpoint: Endpoint | undefined
  /** The request that carries it now. */
  flight: Flight | undefined
  #deadline: NodeJS.Timeout | undefined
  #backOff: NodeJS.Timeout | undefined

  constructor(
    owner: CallOwner,
    request: ModelCall,
    arrival: number,
    resolve: (outcome: Outcome) => void,
  ) {
    this.owner = owner
    this.request = request
    this.label = request.label
    this.rank = request.rank
    this.arrival = arrival
    this.sequences = request.sampling.n ?? 1
    this.#resolve = resolve
  }

  /** All timers of one length share one list in Node: cheaper than any wheel of our own. */
  startDeadline(ms: number, onDeadline: (call: OpenCall) => void): void {
    this.deadlineAt = performance.now() + ms
    this.#deadline = setTimeout(onDeadline, ms, this)
  }

  /** The deadline has moved, the timer has not. */
  get leftMs(): number {
    return this.deadlineAt - performance.now()
  }

  /** The server is none of the call's affair: its time begins anew when it is sent again. */
  stopDeadline(): void {
    clearTimeout(this.#deadline)
    this.deadlineAt = Infinity
  }

  backOff(ms: number, then: (call: OpenCall) => void): void {
    this.since = performance.now()
    this.#backOff = setTimeout(then, ms, this)
  }

  board(flight: Flight): void {
    this.attempts++
    this.since = performance.now()
    this.endpoint = flight.endpoint
    this.flight = flight
    this.wasAlone = flight.isAlone
  }

  get state(): OpenCallState {
    const { label, rank, attempts, endpoint, flight, waiting } = this
    return {
      label,
      rank,
      state: flight ? 'in flight' : waiting ? 'queued' : 'backing off',
      ms: performance.now() - this.since,
      attempts,
      ...(endpoint && { url: endpoint.address.shown }),
    }
  }

  /** Lets go of timers and socket, and tells whoever asked. */
  settle(outcome: Outcome): void {
    this.isSettled = true
    this.written = undefined
    clearTimeout(this.#deadline)
    clearTimeout(this.#backOff)
    this.flight?.leave(this)
    this.owner.settled(this, outcome)
    this.#resolve(outcome)
  }
}
