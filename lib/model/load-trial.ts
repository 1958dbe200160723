/**
 * Whether it is the load that calls are refused or lost for. Where cuts to half have not ended it,
 * it is counted there, and then with twice as many in flight. What a bound refuses are the calls
 * above it: of twice the calls more than twice as many, for each answer. What has another cause is
 * as frequent as before.
 */

/** Refused or lost calls that tell enough; the time before another trial doubles. */
const enough = 24
/** More than one for each answer, and there is nothing to try. */
const mostPerAnswer = 1

export type Verdict =
  /** Send twice as many. */
  | { next: 'more' }
  /** It was the load: back to `limit`. */
  | { next: 'less'; limit: number }
  /** Something else: it happens so often, whatever the limit. */
  | { next: 'free'; perAnswer: number }

interface Count {
  met: number
  answers: number
}

export class LoadTrial {
  /** At the lower limit, while it has one. */
  #below: (Count & { limit: number }) | undefined
  /** At twice that, during a trial. */
  #above: (Count & { times: number }) | undefined
  #needed = enough

  /** During a trial nothing is cut. */
  get isOn(): boolean {
    return this.#above !== undefined
  }

  /** The limit is `limit` now, and was `before` when it began. */
  moved(limit: number, before: number): void {
    if (limit > before / 2) this.end()
    else this.#below = { met: 0, answers: 0, ...this.#below, limit }
  }

  end(): void {
    this.#below = undefined
    this.#above = undefined
    this.#needed = enough
  }

  /** What was counted at the lower limit is over: most was refused, and that was the load. */
  restart(): void {
    if (this.#below && !this.isOn) Object.assign(this.#below, { met: 0, answers: 0 })
  }

  /** A good answer has come; so much trouble an answer is none. */
  answered(tolerated: number): void {
    const { isOn } = this
    const count = this.#above ?? this.#below
    if (!count) return
    count.answers++
    const expected = count.answers * (isOn ? perAnswer(this.#below) : tolerated)
    if (expected < 2 * this.#needed) return
    if (!isOn) this.restart()
    // It has ended by itself.
    else if (count.met < this.#needed) this.end()
  }

  /**
   * A call was refused or lost, and there is too much of that: more than `tolerated` for each
   * answer. The limit was `before` once.
   */
  met(
    limit: number,
    before: number,
    { tolerated, tooMuch }: { tolerated: number; tooMuch: boolean },
  ): Verdict | undefined {
    const count = this.#above ?? this.#below
    if (!count) return undefined
    const isTold = ++count.met >= this.#needed && count.met + count.answers >= 2 * limit
    if (!isTold) return undefined
    if (this.#above) return this.#judge(this.#above)
    const often = perAnswer(count)
    // Now and then a few, where a bound is tried again, are the load.
    if (!tooMuch || often < 1.5 * tolerated || often > mostPerAnswer) return undefined
    this.#above = { met: 0, answers: 0, times: Math.min(2, before / limit) }
    return { next: 'more' }
  }

  #judge(above: Count & { times: number }): Verdict {
    const below = this.#below as Count & { limit: number }
    this.#above = undefined
    // Halfway between as often and so many times as often.
    if (perAnswer(above) > perAnswer(below) * Math.sqrt(above.times)) {
      this.#needed *= 2
      this.#below = { met: 0, answers: 0, limit: below.limit }
      return { next: 'less', limit: below.limit }
    }
    this.end()
    return {
      next: 'free',
      perAnswer: (above.met + below.met) / (above.answers + below.answers),
    }
  }
}

const perAnswer = (count: Count | undefined): number =>
  count ? count.met / Math.max(1, count.answers) : 0
