/** `ultraif compose`: records in, records with a harder query out. */
import { compose } from '../../stages/compose.js'
import { modelStagePage } from '../model-stage-page.js'
import { composeSection } from '../stage-sections.js'

export const composePage = modelStagePage({
  name: 'compose',
  role: 'compose',
  description: `Makes each prompt harder: every pass adds one constraint to "query" and one yes/no
question to "questions", and tells in "passes" what it changed. A pass that fails
is tried again and then left out; the record goes on with the passes it has.`,
  examples: [
    [
      'ultraif compose --passes 2 --base-url http://127.0.0.1:8000 < decomposed.jsonl > harder.jsonl',
      'two more constraints for each prompt',
    ],
    [
      'ultraif compose --composer trained --compose-url http://127.0.0.1:8001 < decomposed.jsonl > harder.jsonl',
      'with a trained UltraComposer on its own server',
    ],
  ],
  section: composeSection,
  build: compose,
})
