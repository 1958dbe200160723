/** `ultraif generate`: records in, records with responses out. */
import { generate } from '../../stages/generate.js'
import { modelStagePage } from '../model-stage-page.js'
import { generateSection } from '../stage-sections.js'

export const generatePage = modelStagePage({
  name: 'generate',
  role: 'generate',
  description: `Samples responses to each prompt, its history and system prompt respected. Adds
"responses", each with its text and finish reason. Needs no questions.`,
  examples: [
    [
      'ultraif generate --samples 5 --base-url http://127.0.0.1:8000 < harder.jsonl > answered.jsonl',
      'five responses a prompt',
    ],
    [
      'ultraif parse prompts.jsonl | ultraif generate --samples 1 --temperature 0 --base-url http://127.0.0.1:8000',
      'answers of a model to a plain list of prompts',
    ],
  ],
  section: generateSection,
  build: generate,
})
