/**
 * A stage as a Node Duplex, for `stream.pipeline`: backpressure both ways, errors destroy,
 * a destroyed duplex goes quiet instead of crashing on calls that are still open
 * (caolan/highland#702: a destroyed Highland stream throws "Cannot write to stream after nil"),
 * and a stage that ends before its input (`take(10)`) does not leave the source waiting for a
 * drain that never comes: the rest of the input is read and dropped.
 */
import { Duplex } from 'node:stream'
import _ from './highland.js'
import type { Stage } from '../stage.js'

export const toDuplex = <In, Out>(stage: Stage<In, Out>): Duplex => {
  const input = _<In>()
  let ended = false
  let written: (() => void) | undefined
  let resume: (() => void) | undefined

  const release = () => {
    const done = written
    written = undefined
    done?.()
  }
  input.on('drain', release)

  const duplex = new Duplex({
    objectMode: true,
    write(item: In, _encoding, done) {
      // The stage may end while it is given the item, hence the second look.
      if (ended || input.write(item) || ended) done()
      else written = done as () => void
    },
    final(done) {
      if (!ended) input.end()
      done()
    },
    read() {
      const go = resume
      resume = undefined
      go?.()
    },
  })

  stage(input)
    .consume<never>((error, item, _push, next) => {
      if (duplex.destroyed) return
      if (error) duplex.destroy(error)
      else if (_.isNil(item)) {
        ended = true
        duplex.push(null)
        release()
      } else if (duplex.push(item)) next()
      else resume = next
    })
    .resume()

  return duplex
}
