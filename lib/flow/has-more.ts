/**
 * Waits for the first item of a readable, or its end, and takes nothing: whoever reads it next
 * finds it whole.
 */
import { finished, type Readable } from 'node:stream'

/** Rejects with the readable's error, or with the reason of `signal`. */
export const hasMore = (source: Readable, signal: AbortSignal): Promise<boolean> =>
  new Promise((resolve, reject) => {
    const settle = (act: () => void) => () => {
      source.off('readable', look)
      signal.removeEventListener('abort', stop)
      unlisten()
      act()
    }
    // At the end there is a last 'readable' with nothing behind it.
    const look = () => settle(() => resolve(source.readableLength > 0))()
    const stop = () => settle(() => reject(signal.reason as Error))()
    const unlisten = finished(source, { writable: false }, error =>
      settle(() => (error ? reject(error) : resolve(false)))(),
    )
    signal.addEventListener('abort', stop)
    source.on('readable', look)
    if (signal.aborted) stop()
  })
