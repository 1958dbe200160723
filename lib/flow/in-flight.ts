/**
 * Runs an async function over a stream with at most `window` items in it, and passes results on
 * as they become ready. A result that nobody has taken yet counts as in the window. The function
 * must settle its own failures: a rejection is a bug, and an error in the stream.
 */
import type { Stage } from '../stage.js'
import {
  sizeOf,
  throughWindow,
  type Edges,
  type Result,
  type Results,
  type WindowSize,
} from './through-window.js'

export const inFlight =
  <In, Out, Passed = Out>(
    window: WindowSize,
    run: (item: In) => Promise<Out>,
    edges: Edges<Out, Passed> = {},
  ): Stage<In, Passed> =>
  source =>
    throughWindow(source, {
      ...edges,
      run,
      results: new AsReady<Out>(),
      admits: (_open, held) => held < sizeOf(window),
    })

/** First ended, first taken. */
class AsReady<Out> implements Results<Out> {
  readonly #ready: Result<Out>[] = []

  put(_at: number, result: Result<Out>): void {
    this.#ready.push(result)
  }

  take(): Result<Out> | undefined {
    return this.#ready.shift()
  }
}
