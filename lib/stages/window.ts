/**
 * How many records a stage holds unless told: `perLimit` for each sequence the server may work
 * on now, since each of them has at least one call to make, and never so few that a slow one
 * idles the rest. Read anew each time: the limit is steered while a run goes on.
 */
import type { Model } from '../model/model.js'

const atLeast = 16

export const windowFor = (
  model: Model,
  window: number | undefined,
  perLimit = 1,
): (() => number) =>
  window === undefined
    ? () => Math.max(atLeast, perLimit * model.stats().limit)
    : () => window
