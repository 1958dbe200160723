/**
 * `--concurrency auto` against the best fixed limit there is, on servers of which nothing is known
 * beforehand, from a cold start, in virtual time.
 */
import type { Benchmark, Goal, Table } from './benchmark.js'
import { assess, type Assessed } from './steering/assess.js'
import { type Run, runScenario } from './steering/run.js'
import { type Scenario, scenarios } from './steering/scenario.js'

const leastOfBest = 0.97
/** Where it is to be found out first that many refusals have nothing to do with the load. */
const leastOfFaulty = 0.9
const kvFrom = 0.8
const kvTo = 0.9
const answersToSettle = 3
/** More preempted answers than this are a storm. */
const mostPreempted = 0.01
/** Calls that a server refuses for its load, beside the answers: those of finding that out. */
const mostRefused = 0.05

const benchmark: Benchmark = {
  name: 'auto',
  what: '`--concurrency auto` from a cold start beside the best of several fixed numbers, each in the same conditions and the same work, in virtual time. The steps of the simulated servers take the time fitted on an H100 with an 8B model; "slots" servers have memory to spare and run no more sequences than that. Responses: one call a record, 500 tokens in, 240 out (lognormal); pipeline: compose, 5 samples, 5 judge calls, after a talk of 1,000 tokens.',

  async run({ log }) {
    const rows: string[][] = []
    const goals: Goal[] = []
    const traces: Table[] = []
    for (const scenario of scenarios) {
      const auto = await runScenario(scenario, 'auto')
      const [limit, best] = await bestFixed(scenario, text => log(text))
      const steered = assess(auto, scenario)
      rows.push(rowOf(scenario, steered, limit, best))
      log(`${scenario.name}: auto ${share(best, steered).toFixed(3)} of the best fixed`)
      if (steered.rejected > 0)
        throw new Error(`${scenario.name}: ${steered.rejected} records rejected`)
      if (scenario.noGoal) continue
      goals.push(...goalsOf(scenario, steered, best))
      if (scenario.traced) traces.push(traceOf(scenario, auto))
    }
    return { tables: [{ columns, rows }, ...traces], goals, notes }
  },
}
export default benchmark

const notes = [
  'Of the best: how much longer or shorter the whole run is, start and tail included; beside a second client, the tokens a second of both while it is there, for our own are most where we push it out. Tokens/s are answer tokens in the middle half of the run. Settled: the limit stays within a tenth of its median in the middle half from then on; where the mix of calls changes, as in a pipeline, it has nothing to settle on and follows.',
  '"2 in 100 calls refused" and its like: so many, drawn by the hash of the call, whatever is in flight; the fixed numbers meet the same. "More than 40 refused": what comes on top of 40 in flight. The other servers refuse and lose nothing, but for the one that is gone. A fixed number that costs records is no best one.',
  'Without `/metrics` the limit is fixed: nothing else a server says tells a busy one from a full one. Give it a number there.',
  'What the numbers do not show: one seed each, a law that was fitted on one card and one model, and gauges that are never late.',
]

const bestFixed = async (
  scenario: Scenario,
  log: (line: string) => void,
): Promise<[number, Assessed]> => {
  let best: [number, Assessed] | undefined
  for (const limit of scenario.sweep) {
    const fixed = assess(await runScenario(scenario, limit), scenario)
    log(
      `${scenario.name}: ${limit} fixed: ${fixed.seconds.toFixed(1)} s, ${fixed.throughput.toPrecision(4)}`,
    )
    // A limit that costs records is no use, however soon it is done.
    if (fixed.rejected > 0) continue
    if (!best || fixed.throughput > best[1].throughput) best = [limit, fixed]
  }
  if (!best) throw new Error(`${scenario.name}: every fixed limit costs records`)
  return best
}

const share = (best: Assessed, auto: Assessed): number =>
  auto.throughput / best.throughput

const columns = [
  'server',
  'best fixed',
  'its run, s',
  'auto, s',
  'of the best',
  'tokens/s: best, auto',
  'limit',
  'KV use, mean and most',
  'settled, s (an answer)',
  'preempted: best, auto',
]

const rowOf = (
  { name, sweep }: Scenario,
  auto: Assessed,
  limit: number,
  best: Assessed,
): string[] => [
  name,
  `${limit}${limit === sweep.at(-1) ? ' (the most tried)' : ''}`,
  best.seconds.toFixed(1),
  auto.seconds.toFixed(1),
  share(best, auto).toFixed(3),
  [best, auto]
    .map(each => Math.round(each.tokensPerSecond).toLocaleString('en'))
    .join(', '),
  String(auto.limit),
  `${auto.kvMean.toFixed(2)}, ${auto.kvMax.toFixed(2)}`,
  `${(auto.settledMs / 1000).toFixed(0)} (${(auto.answerMs / 1000).toFixed(0)})`,
  `${best.preemptions}, ${auto.preemptions}`,
]

const goalsOf = (
  { name, kvBinds, settles, most, fault }: Scenario,
  auto: Assessed,
  best: Assessed,
): Goal[] => {
  const of = share(best, auto)
  const least = (fault?.rate ?? 0) > 0.05 ? leastOfFaulty : leastOfBest
  const answers = auto.settledMs / auto.answerMs
  const preempted = auto.preemptions / auto.answers
  const refused = auto.refused / auto.answers
  return [
    {
      what: `${name}: throughput of the best fixed limit`,
      goal: `≥ ${least}`,
      got: of.toFixed(3),
      met: of >= least,
    },
    ...(kvBinds
      ? [
          {
            what: `${name}: KV use, mean of the middle half`,
            goal: `${kvFrom.toFixed(2)} to ${kvTo.toFixed(2)}`,
            got: auto.kvMean.toFixed(2),
            met: auto.kvMean >= kvFrom && auto.kvMean <= kvTo,
          },
          {
            what: `${name}: answers preempted`,
            goal: `≤ ${100 * mostPreempted} %`,
            got: `${(100 * preempted).toFixed(2)} %`,
            met: preempted <= mostPreempted,
          },
        ]
      : []),
    ...(most
      ? [
          {
            what: `${name}: calls refused, of those answered`,
            goal: `≤ ${100 * mostRefused} %`,
            got: `${(100 * refused).toFixed(2)} %`,
            met: refused <= mostRefused,
          },
        ]
      : []),
    ...(settles
      ? [
          {
            what: `${name}: settled, in times of an answer`,
            goal: `≤ ${answersToSettle}`,
            got: answers.toFixed(1),
            met: answers <= answersToSettle,
          },
        ]
      : []),
  ]
}

/** The moments at which the limit or its reason changed, and at most so many of them. */
const traceOf = ({ name }: Scenario, { looks }: Run): Table => {
  const own = looks.filter(({ url }) => url === looks[0]?.url)
  const moved = own.filter((look, i) => {
    const before = own[i - 1]
    return !before || before.limit !== look.limit || before.reason !== look.reason
  })
  const every = Math.ceil(moved.length / 12)
  return {
    title: `The limit as it moved: ${name}`,
    columns: ['s', 'limit', 'in flight', 'running', 'waiting', 'KV use', 'why'],
    rows: moved
      .filter((_, i) => i % every === 0)
      .map(({ atMs, limit, inFlight, running, waiting, kvUsage, reason }) => [
        (atMs / 1000).toFixed(0),
        String(limit),
        String(inFlight),
        String(running),
        String(waiting),
        kvUsage.toFixed(2),
        reason,
      ]),
  }
}
