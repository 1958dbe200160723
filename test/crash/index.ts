/**
 * `npm run crash`: cuts durable runs at random instants, resumes them to their end, and compares
 * what came out with a run that nobody disturbed. The same seed cuts at the same counts of
 * sequences; the instant within them is the machine's. Exit code 1 if any round is wrong.
 */
import { Command, InvalidArgumentError, Option } from 'commander'
import { Dice, hashText } from '../../fixtures/vllm/dice.js'
import { simulate, type SimulatedServer } from '../../fixtures/vllm/simulate.js'
import { refuseSome } from './corpus.js'
import { runRound, runWhole, type RoundResult, type Whole } from './round.js'
import type { Cut } from './session.js'
import { variants, type Variant } from './variants.js'

const ways = ['kill', 'term', 'disk', 'server', 'power'] as const

const number = (text: string): number => {
  const value = Number(text)
  if (!Number.isSafeInteger(value) || value < 0)
    throw new InvalidArgumentError('expected a whole number')
  return value
}

const command = new Command('crash')
  .usage('-- [options]')
  .description('Cuts durable runs at random instants and checks what becomes of them.')
  .option('--rounds <n>', 'rounds of each way', number, 200)
  .option('--seed <n>', 'for the instants', number, 1)
  .option('--prompts <n>', 'prompts of the corpus', number, 50)
  .addOption(
    new Option(
      '--way <name>',
      'kill -9, SIGTERM, a full disk, a dead server, a power cut that takes what is not synced, or all',
    )
      .choices([...ways, 'all'])
      .default('kill'),
  )
  .showHelpAfterError()
  .parse()

interface Options {
  rounds: number
  seed: number
  prompts: number
  way: Cut['way'] | 'all'
}
const { rounds, seed, prompts, way } = command.opts<Options>()

/** A server of its own for each run: the log of one is what that run was paid for. */
const withServer = async <T>(
  work: (server: SimulatedServer) => Promise<T>,
): Promise<T> => {
  const server = await simulate({ time: 4, passRate: 0.6, logLimit: 1_000_000 })
  refuseSome(server)
  try {
    return await work(server)
  } finally {
    await server.close()
  }
}

const totals = {
  rounds: 0,
  wrong: 0,
  cuts: 0,
  missed: 0,
  empty: 0,
  paidAgain: 0,
  open: 0,
}

const count = (
  round: number,
  name: string,
  { problems, ...result }: RoundResult,
): void => {
  totals.rounds++
  totals.cuts += result.cuts
  if (result.open > 0) {
    totals.paidAgain += Math.max(0, result.paidAgain)
    totals.open += result.open
  }
  if (result.cuts === 0) totals.missed++
  else if (result.bytesAtCut === 0) totals.empty++
  if (problems.length > 0) totals.wrong++
  const facts = `${result.cuts} cuts, ${result.bytesAtCut} bytes at the first, ${result.paidAgain} requests again`
  const line = problems.length === 0 ? 'right' : `WRONG: ${problems.join('; ')}`
  process.stderr.write(`${round}: ${name}: ${facts}: ${line}\n`)
}

const all: [Variant, Whole][] = []
for (const variant of variants(prompts))
  all.push([variant, await withServer(server => runWhole(variant, server))])

for (const each of way === 'all' ? ways : [way])
  for (let round = 0; round < rounds; round++) {
    const dice = new Dice(hashText(`${seed} ${each} ${round}`))
    const [variant, whole] = all[round % all.length] as [Variant, Whole]
    const cutRun = () =>
      withServer(server => runRound(variant, server, whole, each, () => dice.next()))
    let result = await cutRun()
    // A run that was quicker than its cut shows nothing.
    for (let again = 0; result.cuts === 0 && again < 5; again++) result = await cutRun()
    count(round, `${each}, ${variant.name}`, result)
  }

process.stdout.write(`${JSON.stringify(totals)}\n`)
process.exitCode = totals.wrong > 0 ? 1 : 0
