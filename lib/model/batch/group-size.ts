/**
 * How many calls may share a request. `auto` groups answers of a few tokens and sends all others
 * singly: see "Batched requests" in the README for the measurements behind it.
 */
import { longestList } from './form.js'

/** `auto`, `off`, or how many calls a request may carry, whatever the length of their answers. */
export type BatchSetting = 'auto' | 'off' | number

/**
 * Up to here, an answer costs the engine less than its request costs the one process that speaks
 * HTTP: an H100 with an 8B model makes some 9,400 tokens a second, its API process 450 to 600
 * requests.
 */
export const shortAnswerTokens = 16

/** What was measured to win; a wider group only ties up more slots until its slowest ends. */
export const autoGroupSize = 16

/** Calls a request may carry; 1: singles. */
export const groupSize = (batch: BatchSetting, maxTokens: number): number => {
  if (batch === 'off') return 1
  if (batch === 'auto') return maxTokens <= shortAnswerTokens ? autoGroupSize : 1
  return Math.min(batch, longestList)
}
