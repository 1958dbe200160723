/**
 * The calls that wait for room, in the order in which they are to be sent. One that is sent out of
 * turn or settled leaves at once; its place in the heap stays until it comes up, and is passed over.
 */
import type { Batching } from './batch/batching.js'
import type { OpenCall } from './open-call.js'
import { afterInput, type Order, whileInputLasts } from './order.js'
import { ReadyQueue } from './ready-queue.js'

export class WaitingCalls {
  readonly #queue = new ReadyQueue<OpenCall>(whileInputLasts)
  readonly #batching: Batching
  #order = whileInputLasts
  #count = 0

  constructor(batching: Batching) {
    this.#batching = batching
  }

  get count(): number {
    return this.#count
  }

  add(call: OpenCall): void {
    call.waiting = true
    call.since = performance.now()
    this.#count++
    this.#queue.push(call)
    this.#batching.waits(call)
  }

  delete(call: OpenCall): void {
    if (!call.waiting) return
    call.waiting = false
    this.#count--
    this.#batching.waitsNoLonger(call)
  }

  /** The one whose turn it is, without taking it. */
  next(): OpenCall | undefined {
    for (let call = this.#queue.peek(); call; call = this.#queue.peek()) {
      if (call.waiting) return call
      this.#queue.shift()
    }
    return undefined
  }

  /** Some call not far behind that one which passes the test; looks at `count` places. */
  near(count: number, test: (call: OpenCall) => boolean): OpenCall | undefined {
    return this.#queue.near(count, call => call.waiting && test(call))
  }

  inputBegins(): void {
    this.#inOrder(whileInputLasts)
  }

  inputEnded(): void {
    this.#inOrder(afterInput)
  }

  #inOrder(order: Order): void {
    if (this.#order === order) return
    this.#order = order
    this.#queue.reorder(order)
  }
}
