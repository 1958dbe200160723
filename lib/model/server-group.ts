/**
 * Servers that do the same work, and the calls for them: one ready queue, one limit an endpoint,
 * retries, deadlines. A call waits here and nowhere else; it leaves the queue the moment an
 * endpoint has room, by an event and never by a poll, and gives its room back while it backs off.
 */
import { rejectCodes } from '../codes.js'
import { Batching } from './batch/batching.js'
import type { BatchSetting } from './batch/group-size.js'
import type { Endpoint } from './endpoint.js'
import type { ModelCall, Outcome, OpenCallState, ServerStats } from './model.js'
import { type CallOwner, OpenCall } from './open-call.js'
import { Outage } from './outage.js'
import { EndpointPicker } from './pick-endpoint.js'
import { type CallDesk, Recovery } from './recovery.js'
import type { RetrySettings } from './retry.js'
import { Sending } from './sending.js'
import { WaitingCalls } from './waiting-calls.js'

export interface GroupSettings extends RetrySettings {
  /** From the first time a call is sent to its end: retries, back-off and the server's queue. */
  deadlineMs: number
  batch: BatchSetting
  /** A line for people. */
  log: (line: string) => void
  /** All servers were gone for `deadlineMs`; called before the open calls are settled. */
  onLost: (message: string) => void
}

export class ServerGroup implements CallDesk {
  readonly endpoints: readonly Endpoint[]
  readonly #onLost: GroupSettings['onLost']
  readonly #picker: EndpointPicker
  readonly #outage: Outage
  readonly #batching: Batching
  readonly #waiting: WaitingCalls
  readonly #recovery: Recovery
  readonly #sending: Sending
  readonly #open = new Set<OpenCall>()
  readonly #owners = new Set<CallOwner>()
  #arrivals = 0
  #pumping = false

  constructor(endpoints: readonly Endpoint[], settings: GroupSettings) {
    this.endpoints = endpoints
    this.#onLost = settings.onLost
    this.#batching = new Batching(settings.batch)
    this.#waiting = new WaitingCalls(this.#batching)
    this.#recovery = new Recovery(this, this.#batching, settings)
    this.#sending = new Sending(this, this.#batching, this.#recovery, settings)
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
      onLost: message => this.lose(message),
    })
  }

  get open(): ReadonlySet<OpenCall> {
    return this.#open
  }

  get inFlight(): number {
    return this.endpoints.reduce((sum, { limit }) => sum + limit.inFlight, 0)
  }

  get limit(): number {
    return this.endpoints.reduce((sum, { limit }) => sum + limit.max, 0)
  }

  /** Calls that wait for room now. */
  get queued(): number {
    return this.#waiting.count
  }

  get servers(): ServerStats[] {
    return this.endpoints.map(({ address, version, limit, health, steering }) => ({
      url: address.shown,
      ...(version !== undefined && { version }),
      limit: limit.max,
      inFlight: limit.inFlight,
      ...(steering?.state ?? { reason: 'fixed' }),
      ...(health.why !== undefined && { out: health.why }),
    }))
  }

  openCalls(): OpenCallState[] {
    return [...this.#open].map(({ state }) => state)
  }

  inputEnded(): void {
    this.#waiting.inputEnded()
  }

  join(owner: CallOwner): void {
    this.#owners.add(owner)
  }

  submit(owner: CallOwner, request: ModelCall): Promise<Outcome> {
    return new Promise(resolve => {
      const call = new OpenCall(owner, request, this.#arrivals++, resolve)
      this.#open.add(call)
      if (this.#recovery.refuses(call)) return
      this.#batching.admit(call)
      if (this.#outage.lost === undefined) this.enqueue(call)
      else
        this.#recovery.giveUp(call, { code: 'unreachable', message: this.#outage.lost })
    })
  }

  /** Settles the owner's open calls as `aborted`. The server sees a disconnect and frees them. */
  abort(owner: CallOwner): void {
    for (const call of this.#open)
      if (call.owner === owner)
        this.settle(call, {
          ok: false,
          code: 'aborted',
          message: rejectCodes.aborted.means,
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

  /** A call waits for its turn, again as well. */
  enqueue(call: OpenCall): void {
    // With all servers out it is the outage that is waited for, with a time of its own.
    if (!this.endpoints.some(({ health }) => health.well)) call.stopDeadline()
    this.#waiting.add(call)
    this.#schedulePump()
  }

  settle(call: OpenCall, outcome: Outcome): void {
    this.#waiting.delete(call)
    this.#open.delete(call)
    if (outcome.ok) this.#recovery.answered()
    // Whoever asks next begins anew, such as a second pipeline on the same model.
    if (this.#open.size === 0) this.#waiting.inputBegins()
    call.settle(outcome)
    this.#schedulePump()
  }

  /** Once per burst: calls made in the same tick are put in order before any is sent. */
  #schedulePump(): void {
    if (this.#pumping || this.#waiting.count === 0) return
    this.#pumping = true
    queueMicrotask(() => {
      this.#pumping = false
      this.#pump()
    })
  }

  /**
   * In order: a wide call at the front is not starved by narrow ones behind it. With replicas the
   * front lets a few pass that are at home where a place is free.
   */
  #pump(): void {
    for (let call = this.#waiting.next(); call; call = this.#waiting.next()) {
      const endpoint = this.#picker.pick(call)
      if (!endpoint) return
      this.#send(this.#closerTo(endpoint, call) ?? call, endpoint)
    }
  }

  /**
   * Instead of a call whose record is at home elsewhere, one not far behind that is at home here.
   * A retry, and a call for which a server was emptied, have waited enough: nobody passes them.
   */
  #closerTo(endpoint: Endpoint, call: OpenCall): OpenCall | undefined {
    const servers = this.endpoints.length
    if (servers === 1 || this.#picker.suits(endpoint, call)) return undefined
    if (call.attempts > 0 || call.alone || call.sequences > 1) return undefined
    if (call.passed === passes * servers) return undefined
    const closer = this.#waiting.near(lookAhead * servers, other =>
      this.#picker.suits(endpoint, other),
    )
    if (closer) call.passed++
    return closer
  }

  #send(call: OpenCall, endpoint: Endpoint): void {
    const group = this.#batching.groupFor(call, endpoint)
    for (const member of group?.members ?? [call]) this.#waiting.delete(member)
    if (group) this.#sending.sendGroup(group, endpoint)
    else this.#sending.send(call, endpoint)
  }

  /** What is in flight at a server that is gone would wait until its deadline, for nothing. */
  #leaveEndpoint(endpoint: Endpoint, gone: boolean): void {
    const elsewhere = this.endpoints.some(({ health }) => health.usable)
    if (gone)
      this.#recovery.died(endpoint, `${endpoint.address.shown}: ${endpoint.health.why}`)
    const open = [...this.#open]
    if (gone || elsewhere)
      for (const call of open)
        if (call.flight?.endpoint === endpoint) {
          call.flight.cancel()
          this.#recovery.move(call)
        }
    if (!elsewhere) for (const call of open) if (!call.flight) call.stopDeadline()
  }

  lose(message: string): void {
    this.#onLost(message)
    for (const call of this.#open)
      this.#recovery.giveUp(call, { code: 'unreachable', message })
  }
}

/**
 * Waiting calls, for each server, among which one is looked for that is at home where a place is
 * free. Full servers have places one by one, so without it their calls would fall anywhere: of
 * the prompt tokens of 5 responses a record and their judge, one server finds 79 % in its cache,
 * two found 68 %, and find 78 % with it (eight: 44 %, and 68 %).
 */
const lookAhead = 128

/** How often, for each server, others may pass a call: its home has a place sooner than that. */
const passes = 16
