/**
 * Calls refused or lost beside those answered, and when they are more than accidents. A server
 * with too much to do refuses whatever comes on top, call after call, for a refused one makes room
 * for the next; a few in a hundred are a proxy that restarts or a network that drops, and fewer in
 * flight would be refused as often.
 */

/** For each answer; what is in flight counts as answered, since answers come later than refusals. */
const usuallyMost = 0.05
/** More than is tolerated, all at once: chance alone brings some. */
const few = 4

export class Trouble {
  /** How far it is above what is tolerated; and above one for each answer. */
  #excess = 0
  #flood = 0
  #isFlood = false
  /** For each answer, found to have nothing to do with the load. */
  #usual = 0
  /** Answers that are more than chance without a call refused or lost, and those so far. */
  #unusual = 0
  #answers = 0

  /** A good answer has come. */
  answered(): void {
    this.#excess = Math.max(0, this.#excess - this.tolerated)
    this.#flood = Math.max(0, this.#flood - 1)
    if (++this.#answers > this.#unusual) this.#usual = 0
  }

  /** A call was refused or lost, with so many left in flight. True: there is too much of it. */
  met(inFlight: number, limit: number): boolean {
    const tooMuch = few + this.tolerated * inFlight
    this.#excess = Math.min(tooMuch, this.#excess + 1)
    const flood = Math.max(few, limit / 2)
    this.#flood = Math.min(flood, this.#flood + 1)
    this.#isFlood = this.#flood === flood
    this.#answers = 0
    // Of a batch that ends together the answers come in a row. One in e^10 is no chance.
    this.#unusual = 10 / this.#usual + 2 * limit
    return this.#excess === tooMuch
  }

  /** It goes on for so many calls an answer, however few are in flight. */
  accept(perAnswer: number): void {
    this.#usual = perAnswer
    this.#unusual = Infinity
    this.#excess = 0
  }

  /** Most of the calls were refused or lost of late. */
  get isFlood(): boolean {
    return this.#isFlood
  }

  /** None lately, or no more than is tolerated. */
  get isOver(): boolean {
    return this.#excess < few
  }

  /** Calls refused or lost for each answer that are no reason to send less. */
  get tolerated(): number {
    return Math.max(usuallyMost, 2 * this.#usual)
  }
}
