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
import { Outage } from './outage.js'
import { EndpointPicker } from './pick-endpoint.js'
import { ReadyQueue } from './ready-queue.js'
import { afterFailure, metDeadSocket, type RetrySettings, survives } from './retry.js'
import { readReply } from './wire.js'

export interface GroupSettings extends RetrySettings {
  /** From the first time a call is sent to its end: retries, back-off and the server's queue. */
  deadlineMs: number
  /** A line for people. */
  log: (line: string) => void
  /** All servers were gone for `deadlineMs`; called before the open calls are settled. */
  onLost: (message: string) => void
}

export class ServerGroup {
  readonly endpoints: readonly Endpoint[]
  readonly #settings: GroupSettings
  readonly #picker: EndpointPicker
  readonly #outage: Outage
  readonly #queue = new ReadyQueue<OpenCall>(whileInputLasts)
  readonly #open = new Set<OpenCall>()
  readonly #owners = new Set<CallOwner>()
  /** Marks our requests in the server's log: `<this>-<call>-<attempt>`. */
  readonly #mark = `ultraif-${randomBytes(4).toString('hex')}`
  #arrivals = 0
  #queued = 0
  #pumping = false

  constructor(endpoints: readonly Endpoint[], settings: GroupSettings) {
    this.endpoints = endpoints
    this.#settings = settings
    this.#picker = new EndpointPicker(endpoints)
    for (const endpoint of endpoints) {
      endpoint.join()
      endpoint.limit.onRoom(() => this.#schedulePump())
      endpoint.health.watch({
        out: gone => this.#leaveEndpoint(endpoint, gone),
        usable: () => this.#schedulePump(),
      })
    }
    this.#outage = new Outage(endpoints, {
      deadlineMs: settings.deadlineMs,
      log: settings.log,
      waiting: () => this.#open.size,
      onLost: message => this.#lose(message),
    })
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
    return this.endpoints.map(({ address, limit, health, steering }) => ({
      url: address.shown,
      limit: limit.max,
      inFlight: limit.inFlight,
      ...(steering?.state ?? { reason: 'fixed' }),
      ...(health.why !== undefined && { out: health.why }),
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
      if (this.#outage.lost === undefined) this.#enqueue(call)
      else this.#giveUp(call, { code: 'unreachable', message: this.#outage.lost })
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
    if (!this.#owners.delete(owner) || this.#owners.size > 0) return
    this.#outage.stop()
    for (const endpoint of this.endpoints) endpoint.cut()
  }

  /** For an owner without open calls; the last one to go takes the sockets along. */
  async leave(owner: CallOwner): Promise<void> {
    if (!this.#owners.delete(owner) || this.#owners.size > 0) return
    this.#outage.stop()
    await Promise.all(this.endpoints.map(endpoint => endpoint.leave()))
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
      const endpoint = call.waiting ? this.#picker.pick(call) : undefined
      if (call.waiting && !endpoint) return
      const better = endpoint && this.#closerTo(endpoint, call)
      if (better) this.#send(better, endpoint)
      else {
        this.#queue.shift()
        if (endpoint) this.#send(call, endpoint)
      }
    }
  }

  /** Instead of a call whose record is at home elsewhere, one not far behind that is at home here. */
  #closerTo(endpoint: Endpoint, call: OpenCall): OpenCall | undefined {
    const servers = this.endpoints.length
    if (servers === 1 || this.#picker.suits(endpoint, call)) return undefined
    return this.#queue.near(
      lookAhead * servers,
      other => other.waiting && this.#picker.suits(endpoint, other),
    )
  }

  #send(call: OpenCall, endpoint: Endpoint): void {
    call.waiting = false
    this.#queued--
    if (call.attempts === 0) call.owner.sent(call)
    if (call.deadlineAt === Infinity)
      call.startDeadline(this.#settings.deadlineMs, this.#onDeadline)
    const written = this.#written(call)
    if (!written) return
    const { path, body } = written
    const requestId = `${this.#mark}-${call.arrival}-${call.attempts + 1}`
    const flight = new Flight(endpoint, [call])
    endpoint.health.sent()
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
    if (!answer) return this.#failed(call, endpoint, failedByFault(shown, fault as Fault))
    if (answer.status !== 200)
      return this.#failed(call, endpoint, failedByStatus(shown, answer))
    const reading = readReply(answer.text, { ...asked, shown })
    if (reading.failure) return this.#failed(call, endpoint, reading.failure)
    const { choices, usage } = reading
    endpoint.health.succeeded()
    endpoint.steering?.answered(usage, call.sequences)
    this.#settle(call, { ok: true, choices, usage, attempts: call.attempts })
  }

  #failed(call: OpenCall, endpoint: Endpoint, failure: AttemptFailure): void {
    endpoint.steering?.failed(failure)
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
    if (metDeadSocket(call, failure)) {
      call.brokenOff = true
      return this.#retry(call, failure)
    }
    const doubt = endpoint.health.failed(failure)
    if (!doubt) return this.#retry(call, failure)
    call.brokenOff ||= failure.fault !== 'unreachable'
    void doubt.then(gone => {
      if (call.isSettled) return
      if (gone) return this.#move(call, failure)
      call.brokenOff = false
      this.#retry(call, failure)
    })
  }

  #retry(call: OpenCall, failure: AttemptFailure): void {
    const next = afterFailure(call, failure, this.#settings)
    if (next.step === 'again') this.#enqueue(call)
    else if (next.step === 'wait') call.backOff(next.ms, this.#onBackedOff)
    else this.#giveUp(call, failure, next.why)
  }

  readonly #onBackedOff = (call: OpenCall): void => this.#enqueue(call)

  /** What is in flight at a server that is gone would wait until its deadline, for nothing. */
  #leaveEndpoint(endpoint: Endpoint, gone: boolean): void {
    const elsewhere = this.endpoints.some(({ health }) => health.usable)
    const why = `${endpoint.address.shown}: ${endpoint.health.why}`
    const open = [...this.#open]
    const there = open.filter(({ flight }) => flight?.endpoint === endpoint)
    if (gone || elsewhere)
      for (const call of there) {
        call.flight?.cancel()
        call.brokenOff = gone
        this.#move(call, { code: 'unreachable', message: why })
      }
    if (!elsewhere) for (const call of open) if (!call.flight) call.stopDeadline()
  }

  /** Back into the queue, as if it had not been sent; but who saw a server die is remembered. */
  #move(call: OpenCall, failure: AttemptFailure): void {
    if (call.brokenOff && !survives(call))
      return this.#giveUp(
        call,
        { ...failure, code: 'server_error' },
        '; the server died each time of this prompt',
      )
    call.brokenOff = false
    call.fresh = false
    call.stopDeadline()
    this.#enqueue(call)
  }

  #lose(message: string): void {
    this.#settings.onLost(message)
    for (const call of this.#open) this.#giveUp(call, { code: 'unreachable', message })
  }

  readonly #onDeadline = (call: OpenCall): void => {
    const message = `${call.endpoint?.address.shown}: no answer within ${this.#settings.deadlineMs / 1000} s (attempt ${call.attempts})`
    const failure = { code: 'deadline', message } as const
    if (call.flight) {
      call.endpoint?.health.failed(failure)
      call.endpoint?.steering?.failed(failure)
    }
    this.#giveUp(call, failure)
  }

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

/**
 * Waiting calls, for each server, among which one is looked for that is at home where a place is
 * free. Full servers have places one by one, so without it their calls would fall anywhere: of
 * the prompt tokens of 5 responses a record and their judge, one server finds 79 % in its cache,
 * two found 68 %, and find 78 % with it (eight: 44 %, and 68 %).
 */
const lookAhead = 128

/** The context was asked for too much, not the gateway: less room for the answer may do. */
const leavesRoom = ({ code, status }: AttemptFailure): boolean =>
  code === 'too_long' && status !== 413
