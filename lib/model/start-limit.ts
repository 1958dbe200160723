/**
 * How many sequences to send at first. Growing from a handful would cost minutes on a large GPU,
 * where an answer takes 15 s; its cache says at once how many sequences it can hold.
 */
import type { Gauges } from './gauges.js'
import { expectedTokens } from './held-tokens.js'

/**
 * Use of the KV cache to aim at. On an H100 throughput is flat (3 %) from 0.70 to 1.0; below it
 * falls, above there is only latency, and preemption from 1.0 on.
 */
export const kvTarget = 0.87

/** Under `auto` where a server tells nothing: half of what the smallest vLLM default runs. */
export const blindLimit = 64

/** vLLM's largest default is 1,024 running sequences an engine; a reserve waits behind them. */
export const mostPerEngine = 2048

export interface Start {
  limit: number
  /** Why the limit is what it is, in words. */
  reason: string
}

/** Without gauges a fixed number; `closed` is why there are none. */
export const startLimit = (gauges: Gauges | undefined, closed?: string): Start => {
  if (!gauges)
    return {
      limit: blindLimit,
      reason:
        closed === undefined
          ? 'a first guess: the server has told nothing of its load yet'
          : `fixed: ${closed}`,
    }
  const { kvTokens, kvUsage = 0, engines } = gauges
  if (!kvTokens)
    return {
      limit: blindLimit,
      reason: 'a first guess: the server does not say how large its cache is',
    }
  // Beside another client we take what is free, and a quarter at least.
  const room = Math.max(kvTarget - kvUsage, kvTarget / 4) * kvTokens
  const limit = Math.floor(room / expectedTokens)
  return {
    limit: Math.min(1024 * engines, Math.max(8, limit)),
    reason: `a first guess: a cache of ${kvTokens.toLocaleString('en-US')} tokens, ${expectedTokens.toLocaleString('en-US')} a sequence`,
  }
}
