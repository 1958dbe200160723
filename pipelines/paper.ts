/**
 * The data factory as the paper and its reference code run it (arXiv 2502.04153, figure 2 and
 * section 3.2): compose on the prompts as they are, then generate, evaluate and filter. They
 * decompose only to train the composer, see composer-data. With `--preset paper` the numbers
 * below serve any other recipe. Not taken over: their defects, and a judge that is asked once
 * only and never sees the conversation.
 *
 *     ultraif run --pipeline paper --composer trained --compose-url http://127.0.0.1:8001 \
 *       --base-url http://127.0.0.1:8000 --also dpo=dpo.jsonl prompts.jsonl > sft.jsonl
 */
import type { PipelineContext } from '../lib/pipeline.js'
import { chain } from '../lib/stage.js'
import { compose } from '../lib/stages/compose.js'
import { eligible } from '../lib/stages/eligible.js'
import { filter } from '../lib/stages/filter.js'
import { sample } from '../lib/stages/sample.js'

export const defaults = {
  passes: 3,
  composeTemperature: 0.7,
  composeTries: 1,
  // The code asks for 8,192 tokens, the whole context of its model, which leaves a server no room.
  composeMaxTokens: 4096,
  decomposeMaxTokens: 4096,
  samples: 5,
  temperature: 1,
  topP: 0.95,
  maxTokens: 4096,
  judge: 'together',
  judgeQuestions: 'pass',
  judgeMaxTokens: 4096,
  pick: 'first',
  pair: 'last',
}

export default ({ model, options }: PipelineContext) =>
  chain(
    compose(model.compose, options.compose),
    eligible(options.filter),
    sample(model, options.sample),
    filter(options.filter),
  )
