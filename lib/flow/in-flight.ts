/**
 * Runs an async function over a stream with at most `window` items in it, and passes results on
 * as they become ready. The function must settle its own failures: a rejection is a bug, and
 * ends the stream.
 */
import _ from 'highland'
import type { Stage } from '../stage.js'

export const inFlight =
  <In, Out>(window: number, run: (item: In) => Promise<Out>): Stage<In, Out> =>
  source =>
    source.map(item => once(() => run(item))).mergeWithLimit(window)

/** A stream of one value that is worked out only when somebody asks for it. */
const once = <T>(work: () => Promise<T>): Highland.Stream<T> =>
  _<T>(push => {
    work().then(
      value => {
        push(null, value)
        push(null, _.nil)
      },
      (error: Error) => {
        push(error)
        push(null, _.nil)
      },
    )
  })
