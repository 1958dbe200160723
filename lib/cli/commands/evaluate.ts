/** `ultraif evaluate`: records in, records whose responses carry verdicts out. */
import { evaluate } from '../../stages/evaluate.js'
import { modelStagePage } from '../model-stage-page.js'
import { evaluateSection } from '../stage-sections.js'

export const evaluatePage = modelStagePage({
  name: 'evaluate',
  role: 'judge',
  description: `Has a judge answer the questions about each response: yes, no, or unknown where its
reply cannot be trusted. Adds "verdicts" (verdicts[i] answers questions[i]) and
"pass" to the responses that lack them. Unknown is neither a pass nor a failure.`,
  examples: [
    [
      'ultraif evaluate --base-url http://127.0.0.1:8000 < answered.jsonl > judged.jsonl',
      'all questions of a response in one call',
    ],
    [
      'ultraif evaluate --judge apart --judge-url http://127.0.0.1:8002 < answered.jsonl > judged.jsonl',
      'one call a question, slower and stricter, on another server',
    ],
  ],
  section: evaluateSection,
  build: evaluate,
})
