/**
 * UltraIF, all six stages: find what each prompt demands, make it harder, answer it several
 * times, have a judge check every demand, keep what passes. `run` uses it unless told otherwise.
 *
 *     ultraif run --base-url http://127.0.0.1:8000 prompts.jsonl > sft.jsonl
 */
import type { PipelineContext } from '../lib/pipeline.js'
import { chain } from '../lib/stage.js'
import { compose } from '../lib/stages/compose.js'
import { decompose } from '../lib/stages/decompose.js'
import { eligible } from '../lib/stages/eligible.js'
import { filter } from '../lib/stages/filter.js'
import { sample } from '../lib/stages/sample.js'

export default ({ model, options }: PipelineContext) =>
  chain(
    decompose(model.decompose, options.decompose),
    compose(model.compose, options.compose),
    eligible(options.filter),
    sample(model, options.sample),
    filter(options.filter),
  )
