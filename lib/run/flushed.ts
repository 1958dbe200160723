/**
 * stdout is lent, not ours to end: where it is a socket (under systemd, or a parent that is a
 * Node program), `end` shuts it down for everybody who writes there after us.
 */
import type { Writable } from 'node:stream'

/** Settles once all that was written has left. @throws what keeps it from leaving, or `signal`'s reason */
export const flushed = (stream: Writable, signal: AbortSignal): Promise<void> =>
  new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason as Error)
    if (signal.aborted) return onAbort()
    signal.addEventListener('abort', onAbort)
    stream.write('', error => {
      signal.removeEventListener('abort', onAbort)
      if (error) reject(error)
      else resolve()
    })
  })
