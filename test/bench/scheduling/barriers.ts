/** Everybody else's way: steps that wait for all of their input, or for all of a batch of it. */
import type { Record } from '../../../lib/record.js'
import { inBatches } from './batched-model.js'
import { type Policy, type Steps, steps, unlimited, type Work } from './policy.js'

/** The reference's flow: each step is given the whole corpus, the server queues what it must. */
export const wholeStages: Policy = {
  name: 'barrier after each stage',
  async run({ records, connect, done }) {
    await inTurn(records, steps(await connect(unlimited)), done)
  },
}

/** One stage after the other, its calls sent in batches that wait for their slowest member. */
export const callBatches = (size: number): Policy => ({
  name: `calls in batches of ${size}`,
  async run({ records, connect, done }) {
    await inTurn(records, steps(inBatches(await connect(unlimited), size)), done)
  },
})

const inTurn = async (
  records: readonly Record[],
  [compose, generate, evaluate]: Steps,
  done: Work['done'],
): Promise<void> => {
  const composed = await Promise.all(records.map(compose))
  const generated = await Promise.all(composed.map(generate))
  await Promise.all(generated.map(async record => done(await evaluate(record))))
}

/** Steps that run side by side, each busy with one batch of records at a time. */
export const stepBatches = (size: number): Policy => ({
  name: `steps side by side, ${size} records each`,
  async run({ records, connect, done }) {
    const lane = steps(await connect(unlimited)).map(step => ({
      step,
      free: Promise.resolve() as Promise<unknown>,
    }))
    const ends: Promise<void>[] = []
    for (let at = 0; at < records.length; at += size) {
      let batch = Promise.resolve<Record[]>(records.slice(at, at + size))
      for (const each of lane) {
        const { step, free } = each
        const before = batch
        batch = free.then(async () => Promise.all((await before).map(step)))
        each.free = batch
      }
      ends.push(batch.then(finished => finished.forEach(done)))
    }
    await Promise.all(ends)
  },
})
