/**
 * `npm run fuzz`: everything that is promised of any input, on input that nobody thought of. Tells
 * the seed, with which it does the same again, and, of a promise that does not hold, the smallest
 * input that breaks it.
 */
import { Command, InvalidArgumentError } from 'commander'
import fc from 'fast-check'
import { properties } from './properties.js'
import { reportOf } from './report.js'
import { lines } from './property.js'

const whole = (text: string): number => {
  const value = Number(text)
  if (!Number.isSafeInteger(value))
    throw new InvalidArgumentError('expected a whole number')
  return value
}

const names = properties.map(({ name }) => name)
const command = new Command('fuzz')
  .usage('-- [options] [names...]')
  .argument('[names...]', `what to try: ${names.join(', ')} (default: all)`)
  .option(
    '--runs <number>',
    'inputs for each; a file of up to thirty lines is one',
    whole,
    10_000,
  )
  .option('--seed <number>', 'does the same again', whole, Date.now() % 2 ** 31)
  .showHelpAfterError()
  .parse()

const { runs, seed } = command.opts<{ runs: number; seed: number }>()
const unknown = command.args.find(name => !names.includes(name))
if (unknown !== undefined)
  command.error(`fuzz: expected one of ${names.join(', ')}, got ${unknown}`)

const log = (line: string): void => void process.stdout.write(`${line}\n`)

log(`seed ${seed}`)
let failed = 0
for (const { name, promises, share, property } of properties) {
  if (command.args.length > 0 && !command.args.includes(name)) continue
  const startedAt = performance.now()
  const numRuns = Math.max(1, Math.round(runs * share))
  const details = await fc.check(property, { numRuns, seed })
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1)
  log(
    `${details.failed ? 'BROKEN' : 'holds'}  ${name}: ${promises} (${details.numRuns} inputs, ${seconds} s)`,
  )
  if (!details.failed) continue
  failed++
  log(await reportOf(details))
}
log(`${lines.count} lines of corpora`)
process.exitCode = failed === 0 ? 0 : 1
