/** `ultraif decompose`: records in, records with constraints and their questions out. */
import { decompose } from '../../stages/decompose.js'
import { modelStagePage } from '../model-stage-page.js'
import { decomposeSection } from '../stage-sections.js'

export const decomposePage = modelStagePage({
  name: 'decompose',
  role: 'decompose',
  description: `Finds what each prompt demands (content, numbers, style, format, language). Adds
"constraints", each with the prompt without it, and a yes/no question for each to
"questions". A prompt that demands nothing goes on without either.`,
  examples: [
    [
      'ultraif parse prompts.jsonl | ultraif decompose --base-url http://127.0.0.1:8000 > decomposed.jsonl',
      'constraints of a corpus',
    ],
  ],
  section: decomposeSection,
  build: decompose,
})
