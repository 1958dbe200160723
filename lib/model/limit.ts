/**
 * How many sequences one endpoint may work on at once. Sequences and not requests: a call with
 * n = 5 takes five of vLLM's `max_num_seqs` slots (v1/engine/parallel_sampling.py).
 */
export class SequenceLimit {
  #max: number
  #inFlight = 0
  #heldAlone = false
  readonly #waiting: (() => void)[] = []
  #turn = 0

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
    if (grew) this.#tell()
  }

  /** Called when there may be room for calls that wait. */
  onRoom(listener: () => void): void {
    this.#waiting.push(listener)
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
    this.#tell()
  }

  /** In turns, or of two queues at one server the first would get all the room. */
  #tell(): void {
    const waiting = this.#waiting
    const first = this.#turn++
    for (let i = 0; i < waiting.length; i++) waiting[(first + i) % waiting.length]?.()
  }
}
