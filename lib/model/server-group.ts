/**
 * Servers that do the same work, and the calls for them: one ready queue, one limit an endpoint,
 * retries, deadlines. A call waits here and nowhere else; it leaves the queue the moment an
 * endpoint has room, by an event and never by a poll, and gives its room back while it backs off.
 */
import { randomBytes } from 'node:crypto'
import { messageOf, rejectCodes } from '../errors.js'
import { type AttemptFailure, failedByFault, failedByStatus } from './attempt.js'
import { Batching } from './batch/batching.js'
import type { Group } from './batch/form.js'
import type { BatchSetting } from './batch/group-size.js'
import { readGroup } from './batch/read-group.js'
import { writeGroup } from './batch/write-group.js'
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
  batch: BatchSetting
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
  readonly #batching: Batching
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
    this.#batching = new Batching(settings.batch)
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
      this.#batching.admit(call)
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
    this.#batching.waits(call)
    this.#schedulePump()
  }

  /** Its place in the heap stays until it comes up, and is passed over there. */
  #waitsNoLonger(call: OpenCall): void {
    call.waiting = false
    this.#queued--
    this.#batching.waitsNoLonger(call)
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
    const group = this.#batching.groupFor(call, endpoint)
    const calls = group?.members ?? [call]
    for (const member of calls) {
      this.#waitsNoLonger(member)
      if (member.attempts === 0) member.owner.sent(member)
      if (member.deadlineAt === Infinity)
        member.startDeadline(this.#settings.deadlineMs, this.#onDeadline)
    }
    const written = group ? this.#writtenTogether(group) : this.#written(call)
    if (!written) return
    const { path, body } = written
    const requestId = `${this.#mark}-${call.arrival}-${call.attempts + 1}`
    const flight = new Flight(endpoint, calls)
    endpoint.health.sent()
    flight.carriedBy(
      endpoint.send(
        { method: 'POST', path, body, fresh: call.fresh, requestId },
        (answer, fault) => {
          flight.land()
          if (group) this.#groupEnded(group, written, endpoint, answer, fault)
          else this.#ended(call, endpoint, answer, fault)
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

  /** Which member cannot be written is found by writing each by itself. */
  #writtenTogether(group: Group<OpenCall>): WrittenRequest | undefined {
    const [first] = group.members as [OpenCall]
    try {
      return writeGroup(group, first.owner.target(first.request))
    } catch {
      for (const call of group.members) {
        call.groupKey = undefined
        this.#enqueue(call)
      }
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

  #groupEnded(
    group: Group<OpenCall>,
    { path, asked }: WrittenRequest,
    endpoint: Endpoint,
    answer: Answer | undefined,
    fault: Fault | undefined,
  ): void {
    const shown = endpoint.shown({ method: 'POST', path })
    const fail = (failure: AttemptFailure) => this.#groupFailed(group, endpoint, failure)
    if (!answer) return fail(failedByFault(shown, fault as Fault))
    if (answer.status !== 200) return fail(failedByStatus(shown, answer))
    const reading = readGroup(answer.text, { ...asked, shown }, group)
    if (reading.failure) return fail(reading.failure)
    endpoint.health.succeeded()
    this.#batching.worked(group, endpoint)
    endpoint.steering?.answered(reading.usage, asked.n)
    for (const [i, { choices, usage }] of reading.members.entries()) {
      const call = group.members[i] as OpenCall
      if (!call.isSettled)
        this.#settle(call, { ok: true, choices, usage, attempts: call.attempts })
    }
  }

  /** One request has failed, however many calls were in it: that counts once against the server. */
  #groupFailed(
    group: Group<OpenCall>,
    endpoint: Endpoint,
    failure: AttemptFailure,
  ): void {
    endpoint.steering?.failed(failure)
    const open = group.members.filter(({ isSettled }) => !isSettled)
    const aftermath = this.#batching.failed(group, open, endpoint, failure)
    if (aftermath === 'again') {
      endpoint.health.failed(failure)
      for (const call of open) this.#enqueue(call)
      return
    }
    let blamed = false
    let doubt: Promise<boolean> | undefined
    const blame = () => {
      if (!blamed) doubt = endpoint.health.failed(failure)
      blamed = true
      return doubt
    }
    for (const call of open) this.#goOn(call, failure, blame)
  }

  #failed(call: OpenCall, endpoint: Endpoint, failure: AttemptFailure): void {
    endpoint.steering?.failed(failure)
    this.#goOn(call, failure, () => endpoint.health.failed(failure))
  }

  /** `blame` tells the server's health, and settles when it is known whether the server is gone. */
  #goOn(
    call: OpenCall,
    failure: AttemptFailure,
    blame: () => Promise<boolean> | undefined,
  ): void {
    // What has failed goes by itself from now on.
    call.groupKey = undefined
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
    const doubt = blame()
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
    // A group that is late is late once.
    if (call.flight?.calls.size === 1) {
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
    if (call.waiting) this.#waitsNoLonger(call)
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
