/**
 * Rows to train a composer of your own (UltraComposer, section 3.1 of the paper): each constraint
 * of a prompt gives one row that asks for the prompt and its question, given the prompt without it.
 *
 *     ultraif run --pipeline composer-data --base-url http://127.0.0.1:8000 prompts.jsonl > composer.jsonl
 */
import type { PipelineContext } from '../lib/pipeline.js'
import { chain } from '../lib/stage.js'
import { decompose } from '../lib/stages/decompose.js'
import { filter } from '../lib/stages/filter.js'

export const defaults = { as: 'composer' }

export default ({ model, options }: PipelineContext) =>
  chain(decompose(model.decompose, options.decompose), filter(options.filter))
