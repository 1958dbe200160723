/**
 * One scenario of the auto benchmark with its limit trace, in seconds: for whoever tunes
 * `lib/model/steer.ts`.
 *
 *     npx tsc && node dist/test/bench/explore-auto.js h100 --trace 5
 */
import { Command } from 'commander'
import { verdictOn } from './steering/assess.js'
import { runScenario } from './steering/run.js'
import { scenarios } from './steering/scenario.js'

const program = new Command('explore-auto')
  .argument(
    '<scenario>',
    `a part of one of: ${scenarios.map(({ name }) => name).join('; ')}`,
  )
  .option('--concurrency <n|auto>', 'sequences in flight for each server', 'auto')
  .option('--records <n>', 'default: those of the scenario', Number)
  .option('--seed <n>', '', Number, 1)
  .option('--trace <s>', 'a line a server, so often', Number)
  .parse()
const { concurrency, records, seed, trace } = program.opts<{
  concurrency: string
  records?: number
  seed: number
  trace?: number
}>()

const wanted = (program.args[0] ?? '').toLowerCase()
const scenario =
  scenarios.find(({ name }) => name.toLowerCase().includes(wanted)) ??
  program.error(`no scenario has "${wanted}" in its name`)
const limit = concurrency === 'auto' ? concurrency : Number(concurrency)
const run = await runScenario(scenario, limit, { seed, ...(records ? { records } : {}) })
if (trace !== undefined)
  for (const look of run.looks)
    if (Math.round(look.atMs / 1000) % trace === 0)
      console.log(
        `${(look.atMs / 1000).toFixed(0).padStart(4)} s ${look.url.slice(-4)} limit ${look.limit} in flight ${look.inFlight} running ${look.running} waiting ${look.waiting} kv ${look.kvUsage.toFixed(2)} preempted ${look.preemptions} queued ${look.queued} | ${look.reason}`,
      )
console.log(`${scenario.name}, --concurrency ${concurrency}: ${verdictOn(run)}`)
