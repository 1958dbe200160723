/**
 * Servers that do the same work, and the calls for them: one ready queue, one limit an endpoint,
 * retries, deadlines. A call waits here and nowhere else; it leaves the queue the moment an
 * endpoint has room, by an event and never by a poll, and gives its room back while it backs off.
 */
import { randomBytes } from 'node:crypto'
import { messageOf, rejectCodes } from '../errors.js'
import { type AttemptFailure, failedByFault, failedByStatus } from './attempt.js'
import type { Endpoint } from './endpoint.js'
import type { Answer } from './exchange.js'
import type { Fault } from './fault.js'
import { Flight } from './flight.js'
import type { ModelCall, Outcome, ServerStats } from './model.js'
import { type CallOwner, OpenCall, type WrittenRequest } from './open-call.js'
import { afterInput, whileInputLasts } from './order.js'
import { pickEndpoint } from './pick-endpoint.js'
import { ReadyQueue } from './ready-queue.js'
import { afterFailure, type RetrySettings } from './retry.js'
import { readReply } from './wire.js'

export interface GroupSettings extends RetrySettings {
  /** From the first time a call is sent to its end: retries, back-off and the server's queue. */
  deadlineMs: number
}

export class ServerGroup {
  readonly endpoints: readonly Endpoint[]
  readonly #settings: GroupSettings
  readonly #queue = new ReadyQueue<OpenCall>(whileInputLasts)
  readonly #open = new Set<OpenCall>()
  readonly #owners = new Set<CallOwner>()
  /** Marks our requests in the server's log: `<this>-<call>-<attempt>`. */
  readonly #mark = `ultraif-${randomBytes(4).toString('hex')}`
  #arrivals = 0
  #queued = 0
  #pumping = false
  #firstEndpoint = 0

  constructor(endpoints: readonly Endpoint[], settings: GroupSettings) {
    this.endpoints = endpoints
    this.#settings = settings
    for (const { limit } of endpoints) limit.onRoom = () => this.#schedulePump()
  }

  get inFlight(): number {
    return this.endpoints.reduce((sum, { limit }) => sum + limit.inFlight, 0)
  }

  get limit(): number {
    return this.endpoints.reduce((sum, { limit }) => sum + limit.max, 0)
  }

  /** Calls that wait for room now. */
  get queued(): number {
    return this.#queued
  }

  get servers(): ServerStats[] {
    return this.endpoints.map(({ address, limit }) => ({
      url: address.shown,
      limit: limit.max,
      reason: 'fixed',
      inFlight: limit.inFlight,
    }))
  }

  inputEnded(): void {
    this.#queue.reorder(afterInput)
  }

  join(owner: CallOwner): void {
    this.#owners.add(owner)
  }

  submit(owner: CallOwner, request: ModelCall): Promise<Outcome> {
    return new Promise(resolve => {
      const call = new OpenCall(owner, request, this.#arrivals++, resolve)
      this.#open.add(call)
      this.#enqueue(call)
    })
  }

  /** Settles the owner's open calls as `aborted`. The server sees a disconnect and frees them. */
  abort(owner: CallOwner): void {
    for (const call of this.#open)
      if (call.owner === owner)
        this.#settle(call, {
          ok: false,
          code: 'aborted',
          message: rejectCodes.aborted,
          attempts: call.attempts,
        })
    if (this.#owners.delete(owner) && this.#owners.size === 0)
      for (const endpoint of this.endpoints) endpoint.destroy()
  }

  /** For an owner without open calls; the last one to go takes the sockets along. */
  async leave(owner: CallOwner): Promise<void> {
    if (!this.#owners.delete(owner) || this.#owners.size > 0) return
    await Promise.all(this.endpoints.map(endpoint => endpoint.close()))
  }

  #enqueue(call: OpenCall): void {
    call.waiting = true
    this.#queued++
    this.#queue.push(call)
    this.#schedulePump()
  }

  /** Once per burst: calls made in the same tick are put in order before any is sent. */
  #schedulePump(): void {
    if (this.#pumping || this.#queue.size === 0) return
    this.#pumping = true
    queueMicrotask(() => {
      this.#pumping = false
      this.#pump()
    })
  }

  /** Strictly in order: a wide call at the front is not starved by narrow ones behind it. */
  #pump(): void {
    for (let call = this.#queue.peek(); call; call = this.#queue.peek()) {
      const endpoint = call.waiting ? this.#endpointFor(call) : undefined
      if (call.waiting && !endpoint) return
      this.#queue.shift()
      if (endpoint) this.#send(call, endpoint)
    }
  }

  #endpointFor(call: OpenCall): Endpoint | undefined {
    const start = this.#firstEndpoint++ % this.endpoints.length
    const failedAt = call.endpoint
    return pickEndpoint(this.endpoints, call, { start, failedAt })
  }

  #send(call: OpenCall, endpoint: Endpoint): void {
    call.waiting = false
    this.#queued--
    if (call.attempts === 0) {
      call.owner.sent(call)
      call.startDeadline(this.#settings.deadlineMs, this.#onDeadline)
    }
    const written = this.#written(call)
    if (!written) return
    const { path, body } = written
    const requestId = `${this.#mark}-${call.arrival}-${call.attempts + 1}`
    const flight = new Flight(endpoint, [call])
    flight.carriedBy(
      endpoint.send(
        { method: 'POST', path, body, fresh: call.fresh, requestId },
        (answer, fault) => {
          flight.land()
          this.#ended(call, endpoint, answer, fault)
          this.#schedulePump()
        },
      ),
    )
  }

  /** A field that JSON cannot hold (from a user's step) fails the call, not the process. */
  #written(call: OpenCall): WrittenRequest | undefined {
    try {
      return (call.written ??= call.owner.write(call.request, call.openEnded))
    } catch (error) {
      const message = `the call cannot be written as JSON: ${messageOf(error)}`
      this.#giveUp(call, { code: 'bad_request', message })
      return undefined
    }
  }

  #ended(
    call: OpenCall,
    endpoint: Endpoint,
    answer: Answer | undefined,
    fault: Fault | undefined,
  ): void {
    const { path, asked } = call.written as NonNullable<typeof call.written>
    const shown = endpoint.shown({ method: 'POST', path })
    if (!answer) return this.#failed(call, failedByFault(shown, fault as Fault))
    if (answer.status !== 200) return this.#failed(call, failedByStatus(shown, answer))
    const reading = readReply(answer.text, { ...asked, shown })
    if (reading.failure) return this.#failed(call, reading.failure)
    const { choices, usage } = reading
    this.#settle(call, { ok: true, choices, usage, attempts: call.attempts })
  }

  #failed(call: OpenCall, failure: AttemptFailure): void {
    const schema = call.written?.schema
    if (failure.refusesSchema && failure.code === 'bad_request' && schema) {
      call.owner.doWithoutSchema(schema)
      call.written = undefined
      return this.#enqueue(call)
    }
    if (leavesRoom(failure) && call.written?.asked.chat && !call.openEnded) {
      call.openEnded = true
      call.written = undefined
      return this.#enqueue(call)
    }
    const next = afterFailure(call, failure, this.#settings)
    if (next.step === 'again') this.#enqueue(call)
    else if (next.step === 'wait') call.backOff(next.ms, this.#onBackedOff)
    else this.#giveUp(call, failure, next.why)
  }

  readonly #onBackedOff = (call: OpenCall): void => this.#enqueue(call)

  readonly #onDeadline = (call: OpenCall): void =>
    this.#settle(call, {
      ok: false,
      code: 'deadline',
      message: `${call.endpoint?.address.shown}: no answer within ${this.#settings.deadlineMs / 1000} s (attempt ${call.attempts})`,
      attempts: call.attempts,
    })

  #giveUp(call: OpenCall, failure: AttemptFailure, why = ''): void {
    const { code, message, status, raw } = failure
    this.#settle(call, {
      ok: false,
      code,
      message: message + why,
      attempts: call.attempts,
      ...(status !== undefined && { status }),
      ...(raw !== undefined && { raw }),
    })
  }

  #settle(call: OpenCall, outcome: Outcome): void {
    if (call.waiting) {
      // Stays in the heap until it comes up, and is passed over there.
      call.waiting = false
      this.#queued--
    }
    this.#open.delete(call)
    call.settle(outcome)
    this.#schedulePump()
  }
}

/** The context was asked for too much, not the gateway: less room for the answer may do. */
const leavesRoom = ({ code, status }: AttemptFailure): boolean =>
  code === 'too_long' && status !== 413
