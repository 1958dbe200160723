/**
 * What becomes of calls whose attempt failed: sent again in another form, later, elsewhere, in
 * smaller company, or given up with a reason. `retry.ts` has the rules for one call; this file
 * puts them together with what is known of the server and of the others in the same request.
 */
import type { AttemptFailure } from './attempt.js'
import type { Batching } from './batch/batching.js'
import type { Group } from './batch/form.js'
import type { Endpoint } from './endpoint.js'
import type { Outcome } from './model.js'
import type { OpenCall } from './open-call.js'
import { afterFailure, metDeadSocket, type RetrySettings, survives } from './retry.js'

/** Where calls wait, and where they end. */
export interface CallDesk {
  enqueue(call: OpenCall): void
  settle(call: OpenCall, outcome: Outcome): void
}

export class Recovery {
  readonly #desk: CallDesk
  readonly #batching: Batching
  readonly #settings: RetrySettings

  constructor(desk: CallDesk, batching: Batching, settings: RetrySettings) {
    this.#desk = desk
    this.#batching = batching
    this.#settings = settings
  }

  failed(call: OpenCall, endpoint: Endpoint, failure: AttemptFailure): void {
    if (!metDeadSocket(call, failure)) endpoint.steering?.failed(failure)
    this.#goOn(call, failure, () => endpoint.health.failed(failure))
  }

  /** One request has failed, however many calls were in it: that counts once against the server. */
  groupFailed(group: Group<OpenCall>, endpoint: Endpoint, failure: AttemptFailure): void {
    const [first] = group.members as [OpenCall]
    if (!metDeadSocket(first, failure)) endpoint.steering?.failed(failure)
    const open = group.members.filter(({ isSettled }) => !isSettled)
    const aftermath = this.#batching.failed(group, open, endpoint, failure)
    if (aftermath === 'again') {
      endpoint.health.failed(failure)
      for (const call of open) this.#desk.enqueue(call)
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

  /** Back into the queue, as if it had not been sent; but who saw a server die is remembered. */
  move(call: OpenCall, failure: AttemptFailure): void {
    if (call.brokenOff && !survives(call))
      return this.giveUp(
        call,
        { ...failure, code: 'server_error' },
        '; the server died each time of this prompt',
      )
    call.brokenOff = false
    call.fresh = false
    call.stopDeadline()
    this.#desk.enqueue(call)
  }

  /** `why` goes to the end of the message. */
  giveUp(call: OpenCall, failure: AttemptFailure, why = ''): void {
    const { code, message, status, raw = call.raw } = failure
    this.#desk.settle(call, {
      ok: false,
      code,
      message: message + why,
      attempts: call.attempts,
      ...(status !== undefined && { status }),
      ...(raw !== undefined && { raw }),
    })
  }

  /** `blame` tells the server's health, and settles when it is known whether the server is gone. */
  #goOn(
    call: OpenCall,
    failure: AttemptFailure,
    blame: () => Promise<boolean> | undefined,
  ): void {
    // What has failed goes by itself from now on.
    call.groupKey = undefined
    call.raw = failure.raw ?? call.raw
    if (this.#asksOtherwise(call, failure)) {
      call.written = undefined
      return this.#desk.enqueue(call)
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
      if (gone) return this.move(call, failure)
      call.brokenOff = false
      this.#retry(call, failure)
    })
  }

  /** Without what the server refused: the schema, or the room asked for the answer. */
  #asksOtherwise(call: OpenCall, failure: AttemptFailure): boolean {
    const schema = call.written?.schema
    if (failure.refusesSchema && failure.code === 'bad_request' && schema) {
      call.owner.doWithoutSchema(schema)
      return true
    }
    if (!leavesRoom(failure) || !call.written?.asked.chat || call.openEnded) return false
    call.openEnded = true
    return true
  }

  #retry(call: OpenCall, failure: AttemptFailure): void {
    const next = afterFailure(call, failure, this.#settings)
    if (next.step === 'again') this.#desk.enqueue(call)
    else if (next.step === 'wait') call.backOff(next.ms, this.#onBackedOff)
    else this.giveUp(call, failure, next.why)
  }

  readonly #onBackedOff = (call: OpenCall): void => this.#desk.enqueue(call)
}

/** The context was asked for too much, not the gateway: less room for the answer may do. */
const leavesRoom = ({ code, status }: AttemptFailure): boolean =>
  code === 'too_long' && status !== 413
