/**
 * One cell of the occupancy benchmark in a line, in seconds: for whoever tunes the order of calls
 * (`lib/model/order.ts`), the windows of the stages or the limit.
 *
 *     npx tsc && node dist/test/bench/explore.js --records 500 --slots 64 --concurrency 80
 */
import { Command } from 'commander'
import { callBatches, stepBatches, wholeStages } from './scheduling/barriers.js'
import { runCell } from './scheduling/cell.js'
import type { LawName } from './scheduling/laws.js'
import { ours } from './scheduling/ours.js'
import type { Policy } from './scheduling/policy.js'
import { fixedWindow } from './scheduling/window.js'

const policies: { [name: string]: (size: number) => Policy } = {
  barriers: () => wholeStages,
  calls: callBatches,
  steps: stepBatches,
  window: () => fixedWindow,
}

const pairOf = (text: string): number[] => text.split(',').map(Number)

const { records, slots, law, concurrency, seeds, delay, policy, size, windows, trace } =
  new Command()
    .option('--records <n>', 'records, 11 calls each', Number, 500)
    .option('--slots <n>', 'sequences the server runs at once', Number, 64)
    .option('--law <name>', 'time of a step: constant, or h100', 'constant')
    .option('--concurrency <n|auto>', 'sequences in flight', 'auto')
    .option('--seeds <n>', 'runs, each with other answers', Number, 5)
    .option('--delay <ms>', 'from client to server, and back', Number, 1)
    .option('--policy <name>', `ours, or ${Object.keys(policies).join(', ')}`, 'ours')
    .option('--size <n>', 'of the batches of calls or steps', Number, 64)
    .option('--windows <n,n>', 'records in compose and in sample', pairOf)
    .option('--trace <ms>', 'also what runs and waits at the server, so often', Number)
    .parse()
    .opts<{
      records: number
      slots: number
      law: LawName
      concurrency: string
      seeds: number
      delay: number
      policy: string
      size: number
      windows?: [number, number]
      trace?: number
    }>()

const limit = concurrency === 'auto' ? concurrency : Number(concurrency)
const make =
  policies[policy] ?? (() => ours(limit, { compose: windows?.[0], sample: windows?.[1] }))
const ratios: number[] = []
const firsts: number[] = []
let cpuMs = 0
for (let seed = 1; seed <= seeds; seed++) {
  const cell = await runCell({
    records,
    slots,
    law,
    seed,
    policy: make(size),
    oneWayMs: delay,
    ...(trace === undefined ? {} : { everyMs: trace }),
  })
  for (const { atMs, running, waiting } of cell.timeline)
    console.log(`${(atMs / 1000).toFixed(1)} s: ${running} running, ${waiting} waiting`)
  ratios.push(cell.makespanMs / cell.idealMs)
  firsts.push(cell.firstMs / cell.makespanMs)
  cpuMs += cell.cpuMs
}
const mean = (values: number[]): number => values.reduce((a, b) => a + b) / values.length
console.log(
  `${make(size).name}: ${records} records, ${slots} slots: makespan / ideal mean ${mean(ratios).toFixed(4)}, worst ${Math.max(...ratios).toFixed(4)} (${ratios.map(ratio => ratio.toFixed(4)).join(' ')}), first row after ${(100 * mean(firsts)).toFixed(1)} % of the run; ${(cpuMs / 1000).toFixed(1)} CPU s`,
)
