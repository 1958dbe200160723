/** The pipeline as a user has it. */
import _ from 'highland'
import { chain } from '../../../lib/stage.js'
import { compose } from '../../../lib/stages/compose.js'
import { evaluate } from '../../../lib/stages/evaluate.js'
import { generate } from '../../../lib/stages/generate.js'
import { composing, judging, sampling, type Policy } from './policy.js'

/** With so many sequences in flight, or steered by the server's gauges. */
export const ours = (concurrency: number | 'auto'): Policy => ({
  name: `ours, --concurrency ${concurrency}`,
  async run({ records, connect, done }) {
    const model = await connect(concurrency)
    const stage = chain(
      compose(model, composing),
      generate(model, sampling),
      evaluate(model, judging),
    )
    await new Promise<void>((resolve, reject) => {
      _([...records])
        .through(stage)
        .stopOnError(reject)
        .each(done)
        .done(resolve)
    })
  },
})
