/**
 * The waiting calls by their key, so that a call whose turn it is finds its company without a
 * look at all the others. Keys without waiting calls are forgotten.
 */
import type { Member } from './form.js'

export class Companions<M extends Member> {
  readonly #byKey = new Map<string, Set<M>>()

  add(call: M): void {
    const { groupKey } = call
    if (groupKey === undefined) return
    const there = this.#byKey.get(groupKey)
    if (there) there.add(call)
    else this.#byKey.set(groupKey, new Set([call]))
  }

  /** For a call that no longer waits: before its key changes. */
  delete(call: M): void {
    const { groupKey } = call
    if (groupKey === undefined) return
    const there = this.#byKey.get(groupKey)
    if (there?.delete(call) && there.size === 0) this.#byKey.delete(groupKey)
  }

  /** Calls that wait under the key of `call`, itself too if it waits, the oldest first. */
  of({ groupKey }: M): Iterable<M> {
    return (groupKey !== undefined && this.#byKey.get(groupKey)) || []
  }

  /** Keys with waiting calls. */
  get size(): number {
    return this.#byKey.size
  }
}
