/** Says once on the log that a server is out, that it is back, or why it cannot be taken back. */
import type { Endpoint } from './endpoint.js'

/** `others` counts the servers that take over; where there are none, the outage tells more. */
export const tellHealth = (
  { address, health }: Pick<Endpoint, 'address' | 'health'>,
  others: () => number,
  log: (line: string) => void,
): void => {
  let told = false
  health.watch({
    out: () => {
      const count = others()
      if (count > 0 && !told)
        log(
          `${address.shown}: out (${health.why}); its calls go to the other ${count === 1 ? 'server' : `${count} servers`}`,
        )
      told = true
    },
    misfit: why =>
      log(`${address.shown}: there again, but ${why}; it gets calls when it does`),
    well: afterMs => {
      told = false
      log(`${address.shown}: back after ${Math.round(afterMs / 1000)} s`)
    },
  })
}
