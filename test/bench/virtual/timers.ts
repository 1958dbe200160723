/**
 * Puts a virtual clock in the place of Node's timers, everywhere they can be reached: the globals,
 * `node:timers/promises`, `performance.now` and `Date.now`. `setImmediate` stays real and is
 * counted, so that it is known when nothing is left to do.
 */
import { createRequire, syncBuiltinESMExports } from 'node:module'
import { Timer } from './timer.js'

interface Starter {
  readonly now: number
  start(ms: number, ring: () => void, everyMs?: number): Timer
}

type Callback = (...given: unknown[]) => void

const promises = createRequire(import.meta.url)('node:timers/promises') as {
  setTimeout: unknown
}

export const install = (clock: Starter) => {
  const real = {
    setTimeout,
    setInterval,
    setImmediate,
    clearTimeout,
    clearInterval,
    clearImmediate,
  }
  const realDelay = promises.setTimeout
  const { now: performanceNow } = performance
  const { now: dateNow } = Date
  const started = { performance: performance.now(), date: Date.now() }
  const pending = new Set<NodeJS.Immediate>()

  // As Node has it: nothing is sooner than a millisecond.
  const least = (ms: unknown): number => (Number(ms) >= 1 ? Number(ms) : 1)
  const clear = (timer: unknown, otherwise: (timer: never) => void): void => {
    if (timer instanceof Timer) timer.close()
    else otherwise(timer as never)
  }
  const virtual = {
    setTimeout: (run: Callback, ms?: number, ...given: unknown[]) =>
      clock.start(least(ms), () => run(...given)),
    setInterval: (run: Callback, ms?: number, ...given: unknown[]) =>
      clock.start(least(ms), () => run(...given), least(ms)),
    setImmediate: (run: Callback, ...given: unknown[]) => {
      const immediate = real.setImmediate(() => {
        pending.delete(immediate)
        run(...given)
      })
      pending.add(immediate)
      return immediate
    },
    clearTimeout: (timer: unknown) => clear(timer, real.clearTimeout),
    clearInterval: (timer: unknown) => clear(timer, real.clearInterval),
    clearImmediate: (immediate: NodeJS.Immediate) => {
      pending.delete(immediate)
      real.clearImmediate(immediate)
    },
  }
  const delay = (
    ms?: number,
    value?: unknown,
    { signal }: { signal?: AbortSignal } = {},
  ) =>
    new Promise((resolve, reject) => {
      const refuse = (): void => {
        timer.close()
        reject(signal?.reason as Error)
      }
      const timer = clock.start(least(ms), () => {
        signal?.removeEventListener('abort', refuse)
        resolve(value)
      })
      if (signal?.aborted) refuse()
      else signal?.addEventListener('abort', refuse)
    })

  Object.assign(globalThis, virtual)
  promises.setTimeout = delay
  performance.now = () => started.performance + clock.now
  Date.now = () => started.date + clock.now
  syncBuiltinESMExports()

  return {
    /** Callbacks of `setImmediate` that have not run yet. */
    immediates: () => pending.size,
    /** The real one, not counted. */
    setImmediate: real.setImmediate,
    restore(): void {
      Object.assign(globalThis, real)
      promises.setTimeout = realDelay
      performance.now = performanceNow
      Date.now = dateNow
      syncBuiltinESMExports()
    },
  }
}
