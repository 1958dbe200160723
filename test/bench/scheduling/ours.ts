/** The stages as a user has them: compose, then samples that are judged as soon as they are there. */
import _ from 'highland'
import { chain } from '../../../lib/stage.js'
import { compose } from '../../../lib/stages/compose.js'
import { sample } from '../../../lib/stages/sample.js'
import { composing, type Policy, sampling } from './policy.js'

/** With so many sequences in flight, or steered by the server's gauges. */
export const ours = (
  concurrency: number | 'auto',
  windows: { compose?: number | undefined; sample?: number | undefined } = {},
): Policy => ({
  name: `ours, --concurrency ${concurrency}`,
  async run({ records, connect, done }) {
    const model = await connect(concurrency)
    const { samples, seed } = sampling
    const stage = chain(
      compose(model, { ...composing, window: windows.compose }),
      sample(model, { seed, generate: { samples }, window: windows.sample }),
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
