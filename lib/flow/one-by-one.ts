/** Batches, as input is read, to a Node stream of single items. */
import { Readable } from 'node:stream'

/**
 * Asks for the next batch only when the last one is taken. `stop`, which has to end a wait of the
 * batches, fires with `signal`, and when the stream is destroyed, which lets go of them.
 */
export const oneByOne = <T>(
  batchesUntil: (stop: AbortSignal) => AsyncGenerator<readonly T[]>,
  signal?: AbortSignal,
): Readable => {
  const closing = new AbortController()
  const batches = batchesUntil(
    signal ? AbortSignal.any([signal, closing.signal]) : closing.signal,
  )
  let batch: readonly T[] = []
  let taken = 0
  let asking = false
  return new Readable({
    objectMode: true,
    read() {
      while (taken < batch.length) if (!this.push(batch[taken++])) return
      if (asking) return
      asking = true
      batches.next().then(
        ({ done, value }) => {
          asking = false
          if (done) this.push(null)
          else {
            batch = value
            taken = 0
            this._read(0)
          }
        },
        (error: Error) => this.destroy(error),
      )
    },
    destroy(error, done) {
      closing.abort()
      batches.return(undefined).catch(() => {})
      done(error)
    },
  })
}
