/** A way to get the work done: which call is sent when. All of them use the same client. */
import type { Model } from '../../../lib/model/model.js'
import type { Record } from '../../../lib/record.js'
import { composeRecord } from '../../../lib/steps/compose.js'
import { evaluateRecord } from '../../../lib/steps/evaluate.js'
import { generateRecord } from '../../../lib/steps/generate.js'
import { samples } from './workload.js'

export interface Work {
  records: readonly Record[]
  /** Sequences that the server runs at once. */
  slots: number
  /** A model with so many sequences in flight at most. */
  connect(concurrency: number | 'auto'): Promise<Model>
  /** A record is finished. */
  done(record: Record): void
}

export interface Policy {
  name: string
  run(work: Work): Promise<void>
}

type Step = (record: Record) => Promise<Record>
export type Steps = [compose: Step, generate: Step, evaluate: Step]

/** What every policy asks of a record, in this order. */
export const steps = (model: Model): Steps => [
  composeRecord(model, composing),
  generateRecord(model, sampling),
  evaluateRecord(model, judging),
]
export const composing = { passes: 1, seed: 1 }
/** Room for the longest answer there is: one that is cut off is not judged. */
export const sampling = { samples, seed: 1, maxTokens: 8192 }
export const judging = { seed: 1 }

/** A limit that never binds: the server's own queue takes it all. */
export const unlimited = 1_000_000
