/**
 * How many sequences one endpoint may work on at once. Sequences and not requests: a call with
 * n = 5 takes five of vLLM's `max_num_seqs` slots (v1/engine/parallel_sampling.py).
 */
export class SequenceLimit {
  #max: number
  #inFlight = 0
  #heldAlone = false
  /** Called when the limit has grown: calls that wait may go now. */
  onRoom: (() => void) | undefined

  constructor(max: number) {
    this.#max = max
  }

  get max(): number {
    return this.#max
  }

  /** May be moved at any time; what is in flight beyond a smaller limit is left to end. */
  set max(max: number) {
    const grew = max > this.#max
    this.#max = max
    if (grew) this.onRoom?.()
  }

  get inFlight(): number {
    return this.#inFlight
  }

  /** A call wider than the whole limit is let in too, once it has the endpoint to itself. */
  admits(sequences: number, alone = false): boolean {
    if (this.#heldAlone) return false
    return this.#inFlight === 0 || (!alone && this.#inFlight + sequences <= this.#max)
  }

  take(sequences: number, alone = false): void {
    this.#inFlight += sequences
    this.#heldAlone = alone
  }

  give(sequences: number): void {
    this.#inFlight -= sequences
    this.#heldAlone = false
  }
}
