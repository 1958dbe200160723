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
import { Quarantine } from './quarantine.js'
import { afterFailure, metDeadSocket, type RetrySettings } from './retry.js'

/** Where calls wait, and where they end. */
export interface CallDesk {
  readonly open: ReadonlySet<OpenCall>
  enqueue(call: OpenCall): void
  settle(call: OpenCall, outcome: Outcome): void
  /** Ends them all: nothing is to be had from these servers. */
  lose(message: string): void
}

/**
 * Deaths in a row, with calls there and not one answer between, after which it is the servers and
 * no prompt: three prompts that kill, all among the first, take nine.
 */
const mostBarrenDeaths = 10

export class Recovery {
  readonly #desk: CallDesk
  readonly #batching: Batching
  readonly #settings: RetrySettings
  readonly #quarantine = new Quarantine()
  #barrenDeaths = 0

  constructor(desk: CallDesk, batching: Batching, settings: RetrySettings) {
    this.#desk = desk
    this.#batching = batching
    this.#settings = settings
  }

  /** Ends a new call that asks what servers have died of. */
  refuses(call: OpenCall): boolean {
    const refused = this.#quarantine.holds(call.request)
    if (refused)
      this.giveUp(call, {
        code: 'poison_prompt',
        message: 'not asked again: a server died of the same prompt, alone with it',
      })
    return refused
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

  /** A server is gone, and what was in flight there is lost. */
  died(endpoint: Endpoint, message: string): void {
    const there = [...this.#desk.open].filter(
      ({ flight, brokenAt }) => flight?.endpoint === endpoint || brokenAt === endpoint,
    )
    if (there.length === 0) return
    for (const call of there) call.brokenAt = undefined
    this.#witness(there, { code: 'unreachable', message })
    if (++this.#barrenDeaths >= mostBarrenDeaths)
      this.#desk.lose(
        `${message}. Servers died ${this.#barrenDeaths} times in a row as soon as they were asked, without a single answer: their logs say of what`,
      )
  }

  /** A good answer came. */
  answered(): void {
    this.#barrenDeaths = 0
  }

  /** Back into the queue, as if it had not been sent. */
  move(call: OpenCall): void {
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
      call.brokenAt = call.endpoint
      return this.#retry(call, failure)
    }
    const doubt = blame()
    if (!doubt) return this.#retry(call, failure)
    const isVague = call.wasAlone && viaGateway(failure)
    if (failure.fault !== 'unreachable' && !isVague) call.brokenAt = call.endpoint
    void doubt.then(gone => {
      if (call.isSettled) return
      call.brokenAt = undefined
      if (gone && !isVague) this.move(call)
      else this.#retry(call, failure)
    })
  }

  /** A server died with these calls there. One that it can only have died of ends. */
  #witness(calls: readonly OpenCall[], failure: AttemptFailure): void {
    const found = calls.filter(call => this.#quarantine.convicts(call))
    if (found.length === 0) return
    const poison = { ...failure, code: 'poison_prompt' as const }
    for (const call of this.#desk.open)
      if (this.#quarantine.holds(call.request))
        this.giveUp(call, poison, '; the server died of this prompt, alone with it')
      else this.#quarantine.clear(call)
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
    if (failure.engineDied) {
      this.#witness([call], failure)
      if (call.isSettled) return
      // Its turn to be alone may be long in coming.
      call.stopDeadline()
    }
    const next = afterFailure(call, failure, this.#settings)
    if (next.step === 'again') this.#desk.enqueue(call)
    else if (next.step === 'wait') call.backOff(next.ms, this.#onBackedOff)
    else this.giveUp(call, failure, next.why)
  }

  readonly #onBackedOff = (call: OpenCall): void => this.#desk.enqueue(call)
}

/** A gateway says the same of a server that died of the call and of one that was dead before. */
const viaGateway = ({ status }: AttemptFailure): boolean =>
  status !== undefined && status > 500

/** The context was asked for too much, not the gateway: less room for the answer may do. */
const leavesRoom = ({ code, status }: AttemptFailure): boolean =>
  code === 'too_long' && status !== 413
