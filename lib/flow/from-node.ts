/**
 * Wraps a Node readable for Highland so that a premature end is an error and not a hang
 * (Highland alone listens to 'error' once and ignores 'close', caolan/highland#490), and so that
 * the readable is closed when the stream is destroyed (caolan/highland#691).
 */
import { finished, type Readable } from 'node:stream'
import _ from './highland.js'

type OnFinished = (
  readable: NodeJS.ReadableStream,
  done: (error?: Error) => void,
) => () => void

const untilFinished: OnFinished = (readable, done) => {
  const unlisten = finished(readable as Readable, { writable: false }, error =>
    done(error ?? undefined),
  )
  return () => {
    unlisten()
    ;(readable as Readable).destroy()
  }
}

export const fromNode = <T>(readable: Readable): Highland.Stream<T> =>
  _<T>(readable, untilFinished)
