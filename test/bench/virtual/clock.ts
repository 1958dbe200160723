/**
 * Time that passes only when nothing is left to do. The whole client and the simulated server run
 * in one process; when no callback is due any more the clock jumps to the next timer. A run of
 * hours takes CPU time only, and gives the same result on any machine.
 */
import type { Clock } from '../../../fixtures/vllm/engine/clock.js'
import { ReadyQueue } from '../../../lib/model/ready-queue.js'
import { Timer } from './timer.js'
import { install } from './timers.js'

export class VirtualClock {
  /** Milliseconds since the clock was made. */
  now = 0
  #timers = new ReadyQueue<Timer>((a, b) => a.at - b.at || a.order - b.order)
  #made = 0

  /** Rings once, after `ms`, or again and again. */
  start(ms: number, ring: () => void, everyMs?: number): Timer {
    const timer = new Timer(this.now + Math.max(0, ms), this.#made++, ring, everyMs)
    this.#timers.push(timer)
    return timer
  }

  /** This time for an engine of the simulated server. */
  forEngine(): Clock {
    let timer: Timer | undefined
    return {
      now: () => this.now,
      alarm: (at, ring) => {
        timer?.close()
        timer = at === undefined ? undefined : this.start(at - this.now, ring)
      },
    }
  }

  /**
   * Runs `work` with this clock in place of Node's timers, `performance.now` and `Date.now`.
   * Throws when nothing is left to happen that could settle it. Modules must be loaded before:
   * this clock would not wait for them.
   */
  async run<T>(work: () => Promise<T>): Promise<T> {
    const { immediates, restore, setImmediate } = install(this)
    try {
      return await new Promise<T>((resolve, reject) => {
        let over = false
        work()
          .then(resolve, reject)
          .finally(() => (over = true))
        const turn = (): void => {
          if (over) return
          if (immediates() > 0 || this.#ringNext()) setImmediate(turn)
          else reject(new Error(`nothing left to happen after ${this.now} virtual ms`))
        }
        setImmediate(turn)
      })
    } finally {
      restore()
    }
  }

  /** One timer a turn of the event loop: what follows from it is done before the next one. */
  #ringNext(): boolean {
    for (;;) {
      const timer = this.#timers.shift()
      if (!timer) return false
      if (timer.closed) continue
      this.now = timer.at
      timer.ring()
      if (timer.everyMs === undefined || timer.closed) timer.close()
      else {
        timer.at += timer.everyMs
        this.#timers.push(timer)
      }
      return true
    }
  }
}
