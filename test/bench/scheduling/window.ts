/**
 * The usual way to do without barriers: as many records open as the server has slots, as many
 * calls in flight, and what belongs to older records first.
 */
import { olderFirst } from './batched-model.js'
import { type Policy, steps, unlimited } from './policy.js'

export const fixedWindow: Policy = {
  name: 'fixed window, older first',
  async run({ records, slots, connect, done }) {
    const [compose, generate, evaluate] = steps(
      olderFirst(await connect(unlimited), slots),
    )
    const source = records.values()
    const worker = async (): Promise<void> => {
      for (const record of source)
        done(await evaluate(await generate(await compose(record))))
    }
    await Promise.all(Array.from({ length: slots }, worker))
  },
}
