/**
 * A binary heap of calls that wait for room: push and shift in O(log n), no polling. Highland's
 * windows bound how many there can be.
 */
export class ReadyQueue<T> {
  readonly #heap: T[] = []
  #order: (a: T, b: T) => number

  constructor(order: (a: T, b: T) => number) {
    this.#order = order
  }

  get size(): number {
    return this.#heap.length
  }

  /** From now on in another order, those that wait already included. */
  reorder(order: (a: T, b: T) => number): void {
    this.#order = order
    const waiting = this.#heap.splice(0)
    for (const item of waiting) this.push(item)
  }

  /** The one that is next, without taking it. */
  peek(): T | undefined {
    return this.#heap[0]
  }

  /**
   * One of those near the front that passes the test: of the first `count` places of the heap,
   * which hold the front and what comes not long after it, in no order.
   */
  near(count: number, test: (item: T) => boolean): T | undefined {
    const heap = this.#heap
    const end = Math.min(count, heap.length)
    for (let at = 0; at < end; at++) if (test(heap[at] as T)) return heap[at]
    return undefined
  }

  push(item: T): void {
    const heap = this.#heap
    let at = heap.length
    while (at > 0) {
      const parent = (at - 1) >> 1
      const above = heap[parent] as T
      if (this.#order(above, item) <= 0) break
      heap[at] = above
      at = parent
    }
    heap[at] = item
  }

  shift(): T | undefined {
    const heap = this.#heap
    const first = heap[0]
    const last = heap.pop()
    if (last === undefined || heap.length === 0) return first
    let at = 0
    for (;;) {
      let child = 2 * at + 1
      if (child >= heap.length) break
      if (
        child + 1 < heap.length &&
        this.#order(heap[child + 1] as T, heap[child] as T) < 0
      )
        child++
      if (this.#order(last, heap[child] as T) <= 0) break
      heap[at] = heap[child] as T
      at = child
    }
    heap[at] = last
    return first
  }
}
