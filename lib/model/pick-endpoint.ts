/**
 * Which server gets the next call. In-flight sequences are counted at dispatch, so the choice
 * never lags behind what was just sent.
 */
import type { Endpoint } from './endpoint.js'

/**
 * The least loaded endpoint with room for the call; of equals the first from `start`,
 * which the caller moves on. A call that just failed somewhere goes elsewhere if it can.
 */
export const pickEndpoint = (
  endpoints: readonly Endpoint[],
  { sequences, alone }: { sequences: number; alone: boolean },
  { start, failedAt }: { start: number; failedAt: Endpoint | undefined },
): Endpoint | undefined => {
  let best: Endpoint | undefined
  for (let i = 0; i < endpoints.length; i++) {
    const endpoint = endpoints[(start + i) % endpoints.length] as Endpoint
    if (!endpoint.limit.admits(sequences, alone)) continue
    if (
      best === undefined ||
      best === failedAt ||
      (endpoint !== failedAt && endpoint.limit.inFlight < best.limit.inFlight)
    )
      best = endpoint
  }
  return best
}
