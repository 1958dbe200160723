/**
 * How many records a stage holds unless told: `perLimit` for each sequence the server may work
 * on now, since each of them has at least one call to make, and never so few that a slow one
 * idles the rest. More than one, or nothing would ever wait for room where a record has one call
 * to make: the next record would be read only after an answer, and a limit that follows the
 * server's load would never be seen to bind. Read anew each time: the limit is steered while a
 * run goes on.
 */
import type { Model } from '../model/model.js'

const atLeast = 16

export const windowFor = (
  model: Model,
  window: number | undefined,
  perLimit = 1.25,
): (() => number) =>
  window === undefined
    ? () => Math.max(atLeast, Math.ceil(perLimit * model.stats().limit))
    : () => window
