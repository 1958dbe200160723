/** The stages as a user has them: compose, then samples that are judged as soon as they are there. */
import _ from 'highland'
import type { Record } from '../../../lib/record.js'
import { chain } from '../../../lib/stage.js'
import { compose } from '../../../lib/stages/compose.js'
import { generate } from '../../../lib/stages/generate.js'
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
    const { seed, ...drawing } = sampling
    const stage = chain(
      compose(model, { ...composing, window: windows.compose }),
      sample(model, { seed, generate: drawing, window: windows.sample }),
    )
    await drain(stage(_([...records])), done)
  },
})

/** One response to each record, nothing else: calls that are all of one kind. */
export const responses = (concurrency: number | 'auto'): Policy => ({
  name: `responses, --concurrency ${concurrency}`,
  async run({ records, connect, done }) {
    const stage = generate(await connect(concurrency), { samples: 1, seed: 1 })
    await drain(stage(_([...records])), done)
  },
})

const drain = (
  stream: Highland.Stream<Record>,
  done: (record: Record) => void,
): Promise<void> =>
  new Promise((resolve, reject) => {
    stream.stopOnError(reject).each(done).done(resolve)
  })
