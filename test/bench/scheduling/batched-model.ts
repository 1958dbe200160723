/** Models that hold calls back: what other programs do between their steps and the server. */
import type { Model, ModelCall, Outcome } from '../../../lib/model/model.js'
import { ReadyQueue } from '../../../lib/model/ready-queue.js'

/** Sends calls in batches; the next one waits until the whole batch is answered. */
export const inBatches = (model: Model, size: number): Model => {
  const waiting: (() => Promise<Outcome>)[] = []
  let open = false
  const next = async (): Promise<void> => {
    open = true
    // Whoever is about to ask does so first.
    await new Promise(resolve => setImmediate(resolve))
    await Promise.all(waiting.splice(0, size).map(send => send()))
    open = false
    if (waiting.length > 0) void next()
  }
  return held(model, (_, send) => {
    waiting.push(send)
    if (!open) void next()
  })
}

/** At most `max` calls in flight, older records first. */
export const olderFirst = (model: Model, max: number): Model => {
  interface Held {
    rank: number
    arrival: number
    send: () => Promise<Outcome>
  }
  const waiting = new ReadyQueue<Held>((a, b) => a.rank - b.rank || a.arrival - b.arrival)
  let inFlight = 0
  let arrivals = 0
  const pump = (): void => {
    while (inFlight < max) {
      const first = waiting.shift()
      if (!first) return
      inFlight++
      void first.send().finally(() => {
        inFlight--
        queueMicrotask(pump)
      })
    }
  }
  return held(model, ({ rank }, send) => {
    waiting.push({ rank, arrival: arrivals++, send })
    queueMicrotask(pump)
  })
}

/** The same model, whose calls go out when `hold` says so. */
const held = (
  model: Model,
  hold: (call: ModelCall, send: () => Promise<Outcome>) => void,
): Model => ({
  name: model.name,
  maxModelLen: model.maxModelLen,
  call: request =>
    new Promise((resolve, reject) =>
      hold(request, () => {
        const outcome = model.call(request)
        outcome.then(resolve, reject)
        return outcome
      }),
    ),
  stats: () => model.stats(),
  close: () => model.close(),
  abort: () => model.abort(),
})
