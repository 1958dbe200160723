/**
 * Rejection sampling for records that have their questions already, from an earlier decompose or
 * compose: answer, judge, keep the first answer that passes. A second round with a better
 * model, or with more samples for what did not pass, needs nothing else.
 *
 *     ultraif run --pipeline rejection-sampling --samples 16 --base-url http://127.0.0.1:8000 harder.jsonl > sft.jsonl
 */
import type { PipelineContext } from '../lib/pipeline.js'
import { chain } from '../lib/stage.js'
import { eligible } from '../lib/stages/eligible.js'
import { filter } from '../lib/stages/filter.js'
import { sample } from '../lib/stages/sample.js'

export const defaults = { as: 'sft' }

export default ({ model, options }: PipelineContext) =>
  chain(eligible(options.filter), sample(model, options.sample), filter(options.filter))
