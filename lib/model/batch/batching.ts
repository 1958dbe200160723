/**
 * Batching as a server group uses it: who waits with whom, what each server takes, and what
 * becomes of the members of a group that failed. Groups form only of calls that wait when the
 * turn of one of them comes and a server has room for more: nobody waits for company.
 */
import type { AttemptFailure } from '../attempt.js'
import { takesForm } from '../capabilities.js'
import type { Endpoint } from '../endpoint.js'
import type { CallOwner, OpenCall } from '../open-call.js'
import { afterGroupFailure, halves } from './after-group-failure.js'
import { Companions } from './companions.js'
import { formGroup } from './form-group.js'
import type { Group } from './form.js'
import { groupKeyOf } from './group-key.js'
import { type BatchSetting, groupSize } from './group-size.js'
import { ServerForms } from './server-forms.js'

/** What becomes of the members of a group that failed. */
export type Aftermath =
  /** Back into the queue: as smaller groups, or singly. */
  | 'again'
  /** Each by the ordinary rules, as if this were its own failure. */
  | 'each'

export class Batching {
  readonly #setting: BatchSetting
  readonly #companions = new Companions<OpenCall>()
  readonly #forms = new WeakMap<Endpoint, ServerForms>()
  #parts = 0

  constructor(setting: BatchSetting) {
    this.#setting = setting
  }

  /** A call is new. */
  admit(call: OpenCall): void {
    call.groupKey = groupKeyOf(call.request, call.owner, this.#setting)
  }

  /** One that must be alone with the engine is nobody's company. */
  waits(call: OpenCall): void {
    if (!call.alone) this.#companions.add(call)
  }

  waitsNoLonger(call: OpenCall): void {
    this.#companions.delete(call)
  }

  /** The group in which a waiting call goes to this endpoint; undefined where it goes singly. */
  groupFor(call: OpenCall, endpoint: Endpoint): Group<OpenCall> | undefined {
    const { limit, health } = endpoint
    // A server on trial is tried with one call.
    if (call.groupKey === undefined || call.alone || health.onTrial) return undefined
    return formGroup(call, this.#companions.of(call), {
      room: limit.max - limit.inFlight,
      most: groupSize(this.#setting, call.request.sampling.maxTokens),
      takes: this.#formsOf(endpoint, call.owner).takes,
      extraBody: call.owner.target(call.request).extraBody,
    })
  }

  worked(group: Group<OpenCall>, endpoint: Endpoint): void {
    const [{ owner }] = group.members as [OpenCall]
    this.#formsOf(endpoint, owner).worked(group.form)
  }

  /**
   * Says what becomes of the members that still wait for an answer, and gives those that go again
   * their new company.
   */
  failed(
    { form, members }: Group<OpenCall>,
    open: readonly OpenCall[],
    endpoint: Endpoint,
    failure: AttemptFailure,
  ): Aftermath {
    const [{ owner }] = members as [OpenCall]
    this.#formsOf(endpoint, owner).failed(form, failure)
    const step = afterGroupFailure(failure, form)
    if (step === 'halves') for (const part of halves(open)) this.#keepTogether(part)
    return step === 'each' ? 'each' : 'again'
  }

  /** A key of their own: nobody else may join those among whom the bad one is sought. */
  #keepTogether(part: readonly OpenCall[]): void {
    const key = part.length > 1 ? `part ${this.#parts++}` : undefined
    for (const call of part) call.groupKey = key
  }

  #formsOf(endpoint: Endpoint, { name }: CallOwner): ServerForms {
    const forms =
      this.#forms.get(endpoint) ??
      new ServerForms(form => takesForm(endpoint, name, form))
    this.#forms.set(endpoint, forms)
    return forms
  }
}
