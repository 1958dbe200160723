/**
 * A stage as a Node Duplex, for `stream.pipeline`: backpressure both ways, errors destroy,
 * and a destroyed duplex goes quiet instead of crashing on calls that are still open
 * (caolan/highland#702: a destroyed Highland stream throws "Cannot write to stream after nil").
 */
import { Duplex } from 'node:stream'
import _ from 'highland'
import type { Stage } from '../stage.js'

export const toDuplex = <In, Out>(stage: Stage<In, Out>): Duplex => {
  const input = _<In>()
  let resume: (() => void) | undefined

  const duplex = new Duplex({
    objectMode: true,
    write(item: In, _encoding, done) {
      if (input.write(item)) done()
      else input.once('drain', done as () => void)
    },
    final(done) {
      input.end()
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
      else if (_.isNil(item)) duplex.push(null)
      else if (duplex.push(item)) next()
      else resume = next
    })
    .resume()

  return duplex
}
