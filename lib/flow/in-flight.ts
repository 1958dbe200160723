/**
 * Runs an async function over a stream with at most `window` items in it, and passes results on
 * as they become ready. A result that nobody has taken yet counts as in the window, and once a
 * quarter of the window is such results no more is read: what comes next is ahead of its reader
 * already, and to hold still more of it open would buy nothing. The function must settle its own
 * failures: a rejection is a bug, and an error in the stream.
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
      admits: (open, held) => {
        const size = sizeOf(window)
        return held < size && held - open <= size * readyPart
      },
    })

const readyPart = 1 / 4

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
