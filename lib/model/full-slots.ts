/**
 * Tells from the gauges how many sequences a server runs at once (its `max_num_seqs`), which no
 * route says. A queue alone does not tell: after a burst it is prompts being read. All slots are
 * taken when sequences wait, answers come, and yet the batch stays as large as it was: what waits
 * takes each free place at once, and finds no other.
 */

const readingsNeeded = 3
/** Part of the batch that must have been answered, and replaced, meanwhile. */
const replacedNeeded = 0.1

/** vLLM counts after a step, when those that ended have left and their places are still free. */
export const stillFull = 0.85

/** What waits at the server behind so many slots: chance evens out over many, so less for each. */
export const reserveBehind = (slots: number): number => Math.ceil(2 * Math.sqrt(slots))

export class FullSlots {
  /** Sequences that run at once; undefined while slots are not what binds. */
  slots: number | undefined
  #flat: { batch: number; readings: number; answered: number } | undefined

  /** `answered`: sequences of ours since the last reading. */
  read(running: number, waiting: number, answered: number): void {
    if (this.slots !== undefined && running > grown(this.slots)) this.slots = undefined
    // Even without a queue there are a few prompts between two steps.
    if (running === 0 || waiting <= Math.max(2, reserveBehind(running) / 4)) {
      this.#flat = undefined
      return
    }
    const flat = this.#flat
    if (!flat || running > grown(flat.batch) || running < flat.batch * stillFull) {
      this.#flat = { batch: running, readings: 1, answered: 0 }
      return
    }
    flat.batch = Math.max(flat.batch, running)
    flat.readings++
    flat.answered += answered
    if (flat.readings >= readingsNeeded && flat.answered >= flat.batch * replacedNeeded)
      // A smaller batch has another cause than slots, of which there are no fewer than before.
      this.slots = Math.max(this.slots ?? 0, flat.batch)
  }

  /** The queue had another cause: the cache was full. */
  forget(): void {
    this.slots = undefined
    this.#flat = undefined
  }
}

/** Beyond this, a batch is larger than it was. */
const grown = (batch: number): number => batch * 1.02 + 1
