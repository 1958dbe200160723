/**
 * From calls whose turn it is to a request, and from its reply back to the calls: written, sent,
 * read, settled. What fails on the way is handed to `recovery.ts`.
 */
import { randomBytes } from 'node:crypto'
import { messageOf } from '../errors.js'
import { type AttemptFailure, failedByFault, failedByStatus } from './attempt.js'
import { AwakeTime } from './awake-time.js'
import type { Batching } from './batch/batching.js'
import type { Group } from './batch/form.js'
import { readGroup } from './batch/read-group.js'
import { writeGroup } from './batch/write-group.js'
import type { Endpoint } from './endpoint.js'
import type { Answer } from './exchange.js'
import type { Fault } from './fault.js'
import { Flight } from './flight.js'
import type { OpenCall, WrittenRequest } from './open-call.js'
import type { CallDesk, Recovery } from './recovery.js'
import { type Asked, readReply } from './wire.js'

export class Sending {
  readonly #desk: CallDesk
  readonly #batching: Batching
  readonly #recovery: Recovery
  readonly #deadlineMs: number
  readonly #awake: AwakeTime
  /** Marks our requests in the server's log: `<this>-<call>-<attempt>`. */
  readonly #mark = `ultraif-${randomBytes(4).toString('hex')}`

  constructor(
    desk: CallDesk,
    batching: Batching,
    recovery: Recovery,
    { deadlineMs }: { deadlineMs: number },
  ) {
    this.#desk = desk
    this.#batching = batching
    this.#recovery = recovery
    this.#deadlineMs = deadlineMs
    this.#awake = new AwakeTime({
      isNeeded: () => desk.open.size > 0,
      onSlept: ms => {
        for (const call of desk.open) call.deadlineAt += ms
      },
    })
  }

  /** One call. */
  send(call: OpenCall, endpoint: Endpoint): void {
    this.#begin(call)
    const written = this.#write(call)
    if (!written) return
    this.#fly([call], endpoint, written, reply => this.#ended(call, reply))
  }

  /** Several in one request. */
  sendGroup(group: Group<OpenCall>, endpoint: Endpoint): void {
    for (const member of group.members) this.#begin(member)
    const written = this.#writeGroup(group)
    if (!written) return
    this.#fly(group.members, endpoint, written, reply => this.#groupEnded(group, reply))
  }

  #begin(call: OpenCall): void {
    this.#awake.begin()
    if (call.attempts === 0) call.owner.sent(call)
    if (call.deadlineAt === Infinity)
      call.startDeadline(this.#deadlineMs, this.#onDeadline)
  }

  #fly(
    calls: readonly OpenCall[],
    endpoint: Endpoint,
    written: WrittenRequest,
    onEnd: (reply: Reply) => void,
  ): void {
    const { path, body, maxBytes } = written
    const [{ arrival, attempts, fresh }] = calls as [OpenCall]
    const requestId = `${this.#mark}-${arrival}-${attempts + 1}`
    const flight = new Flight(endpoint, calls)
    flight.carriedBy(
      endpoint.send(
        { method: 'POST', path, body, maxBytes, fresh, requestId },
        (answer, fault) => {
          flight.land()
          this.#awake.catchUp()
          onEnd({ flight, written, answer, fault })
        },
      ),
    )
  }

  /** A field that JSON cannot hold (from a user's step) fails the call, not the process. */
  #write(call: OpenCall): WrittenRequest | undefined {
    try {
      return (call.written ??= call.owner.write(call.request, call.openEnded))
    } catch (error) {
      const message = `the call cannot be written as JSON: ${messageOf(error)}`
      this.#recovery.giveUp(call, { code: 'bad_request', message })
      return undefined
    }
  }

  /** Which member cannot be written is found by writing each by itself. */
  #writeGroup(group: Group<OpenCall>): WrittenRequest | undefined {
    const [first] = group.members as [OpenCall]
    try {
      return writeGroup(group, first.owner.target(first.request))
    } catch {
      for (const call of group.members) {
        call.groupKey = undefined
        this.#desk.enqueue(call)
      }
      return undefined
    }
  }

  #ended(call: OpenCall, reply: Reply): void {
    const { endpoint } = reply.flight
    const reading = readWith(readReply, reply)
    if (reading.failure) return this.#recovery.failed(call, endpoint, reading.failure)
    const { choices, usage } = reading
    endpoint.health.succeeded()
    endpoint.steering?.answered(usage, reply.written.asked.n)
    this.#desk.settle(call, { ok: true, choices, usage, attempts: call.attempts })
  }

  #groupEnded(group: Group<OpenCall>, reply: Reply): void {
    const { endpoint } = reply.flight
    const reading = readWith((text, asked) => readGroup(text, asked, group), reply)
    if (reading.failure)
      return this.#recovery.groupFailed(group, endpoint, reading.failure)
    endpoint.health.succeeded()
    this.#batching.worked(group, endpoint)
    endpoint.steering?.answered(reading.usage, reply.written.asked.n)
    for (const [i, { choices, usage }] of reading.members.entries()) {
      const call = group.members[i] as OpenCall
      if (!call.isSettled)
        this.#desk.settle(call, { ok: true, choices, usage, attempts: call.attempts })
    }
  }

  readonly #onDeadline = (call: OpenCall): void => {
    this.#awake.catchUp()
    const { leftMs } = call
    if (leftMs > 1) return call.startDeadline(leftMs, this.#onDeadline)
    const message = `${call.endpoint?.address.shown}: no answer within ${this.#deadlineMs / 1000} s (attempt ${call.attempts})`
    const failure = { code: 'deadline', message } as const
    // A group that is late is late once.
    if (call.flight?.calls.size === 1) {
      call.endpoint?.health.failed({ ...failure, era: call.flight.era })
      call.endpoint?.steering?.failed(failure)
    }
    this.#recovery.giveUp(call, failure)
  }
}

/** How a request ended: an answer, or a fault. */
interface Reply {
  flight: Flight
  written: WrittenRequest
  answer: Answer | undefined
  fault: Fault | undefined
}

/** What `read` makes of a good answer, or the failure, told from when the request was sent. */
const readWith = <Reading extends { failure?: AttemptFailure }>(
  read: (text: string, asked: Asked) => Reading,
  { flight: { endpoint, era }, written: { path, asked }, answer, fault }: Reply,
): Reading | { failure: AttemptFailure } => {
  const shown = endpoint.shown({ method: 'POST', path })
  const reading = !answer
    ? { failure: failedByFault(shown, fault as Fault) }
    : answer.status === 200
      ? readHushed(text => read(text, { ...asked, shown }), answer.text, endpoint)
      : { failure: failedByStatus(shown, answer) }
  return reading.failure ? { failure: { ...reading.failure, era } } : reading
}

/** What cannot be used is kept and shown: without our key, should the server have quoted it. */
const readHushed = <Reading extends { failure?: AttemptFailure }>(
  read: (text: string) => Reading,
  text: string,
  endpoint: Endpoint,
): Reading => {
  const reading = read(text)
  if (!reading.failure) return reading
  const hushed = endpoint.hushed(text)
  return hushed === text ? reading : read(hushed)
}
