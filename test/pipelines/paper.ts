import t from 'tap'
import { defaults } from '../../pipelines/paper.js'

t.test(
  "the paper's preset has the paper's values (arXiv 2502.04153 and its code)",
  async t => {
    t.match(defaults, {
      passes: 3,
      composeTemperature: 0.7,
      composeTries: 1,
      samples: 5,
      temperature: 1,
      topP: 0.95,
      maxTokens: 4096,
      judge: 'together',
      judgeQuestions: 'pass',
      pick: 'first',
      pair: 'last',
    })
  },
)
