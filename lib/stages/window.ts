/**
 * How many records a stage holds unless told: as many as the server takes sequences, since each
 * of them has at least one call to make, and never so few that a slow one idles the rest.
 */
import type { Model } from '../model/model.js'

export const windowFor = (model: Model, window: number | undefined): number =>
  window ?? Math.max(16, model.stats().limit)
