/**
 * How full the server is kept. Every policy gets the same work in virtual time, and is measured
 * against a server that is never short of it.
 */
import type { Benchmark, Goal, Table } from './benchmark.js'
import { callBatches, stepBatches, wholeStages } from './scheduling/barriers.js'
import { type Cell, runCell, runRealCell } from './scheduling/cell.js'
import type { LawName } from './scheduling/laws.js'
import { ours } from './scheduling/ours.js'
import type { Policy } from './scheduling/policy.js'
import { type Panel, plotOf } from './scheduling/plot.js'
import { fixedWindow } from './scheduling/window.js'
import { callsPerRecord } from './scheduling/workload.js'

interface Size {
  records: number
  slots: number
  law: LawName
  /** Of makespan / ideal: mean of the seeds, and the worst of them. */
  mean: number
  worst?: number
  /** Largest part of the run before the first row. */
  first?: number
}

const sizes: Size[] = [
  { records: 500, slots: 64, law: 'constant', mean: 1.02, worst: 1.06, first: 0.1 },
  { records: 2000, slots: 64, law: 'constant', mean: 1.01, worst: 1.06, first: 0.1 },
  { records: 500, slots: 256, law: 'constant', mean: 1.04 },
  { records: 500, slots: 256, law: 'h100', mean: 1.04 },
  { records: 2000, slots: 256, law: 'constant', mean: 1.015 },
  { records: 2000, slots: 256, law: 'h100', mean: 1.015 },
]
const longSizes: Size[] = [
  { records: 20_000, slots: 1024, law: 'constant', mean: 1.015 },
  { records: 20_000, slots: 1024, law: 'h100', mean: 1.015 },
]
const lawWords = { constant: 'constant steps', h100: 'steps of an H100' }

const seeds = [1, 2, 3, 4, 5]
/** For what is only compared with, from so many records on. */
const fewSeeds = [1, 2]
const fewFrom = 2000

const others: Policy[] = [fixedWindow, wholeStages, stepBatches(50), callBatches(64)]
/** Fixed limits tried, as multiples of the slots. */
const sweep = [1, 1.25, 1.5]

const benchmark: Benchmark = {
  name: 'occupancy',
  what: `Records through compose (1 call), 5 samples and 5 judge calls, answers of lognormal length (medians 100, 200 and 70 tokens, sigma 0.6), on a simulated server 1 ms away, in virtual time: client and server run in one process, and the clock jumps when both are idle. Steps of the server take 10 ms however many sequences run, or what they take on an H100 with an 8B model. All policies have the same work.`,

  async run({ long, log }) {
    const tables: Table[] = []
    const goals: Goal[] = []
    for (const size of long ? [...sizes, ...longSizes] : sizes) {
      const { records, slots, law } = size
      const title = `${records.toLocaleString('en')} records, ${slots.toLocaleString('en')} slots, ${lawWords[law]}`
      const rest = records < fewFrom ? seeds : fewSeeds
      const runs = async (policy: Policy, of = rest): Promise<Runs> => {
        const cells: Cell[] = []
        for (const seed of of)
          cells.push(await runCell({ records, slots, law, seed, policy }))
        const each = summed(policy.name, cells)
        log(`${title}: ${each.name}: ${ratio(each.mean)}`)
        return each
      }
      const auto = await runs(ours('auto'), seeds)
      const fixed: Runs[] = []
      for (const times of sweep) fixed.push(await runs(ours(Math.round(slots * times))))
      const best = fixed.reduce((a, b) => (b.mean < a.mean ? b : a))
      const rows = [auto, { ...best, name: `${best.name} (best fixed)` }]
      for (const policy of others) rows.push(await runs(policy))
      tables.push({
        title: `${title} (the longest answer takes ${percent(auto.longest)} of the ideal run)`,
        columns,
        rows: rows.map(rowOf),
      })
      goals.push(...goalsOf(title, size, auto))
    }
    return {
      tables,
      goals,
      notes: [...notes, picture, await crossCheck()],
      files: [{ name: 'occupancy.svg', text: await draw() }],
    }
  },
}
export default benchmark

interface Runs {
  name: string
  mean: number
  worst: number
  seconds: number
  firstSeconds: number
  /** Part of the run before the first row. */
  first: number
  /** Part of the ideal run that the longest answer takes. */
  longest: number
}

const summed = (name: string, cells: readonly Cell[]): Runs => {
  const mean = (of: (cell: Cell) => number): number =>
    cells.reduce((sum, cell) => sum + of(cell), 0) / cells.length
  return {
    name,
    mean: mean(cell => cell.makespanMs / cell.idealMs),
    worst: Math.max(...cells.map(cell => cell.makespanMs / cell.idealMs)),
    seconds: mean(cell => cell.makespanMs / 1000),
    firstSeconds: mean(cell => cell.firstMs / 1000),
    first: mean(cell => cell.firstMs / cell.makespanMs),
    longest: mean(cell => cell.longest),
  }
}

const columns = [
  'policy',
  'makespan / ideal, mean',
  'worst seed',
  'makespan, s',
  'first row, s',
  'of the run',
]
const rowOf = ({ name, mean, worst, seconds, firstSeconds, first }: Runs): string[] => [
  name,
  ratio(mean),
  ratio(worst),
  seconds.toFixed(1),
  firstSeconds.toFixed(1),
  percent(first),
]
const ratio = (value: number): string => value.toFixed(3)
const percent = (part: number): string => `${(100 * part).toFixed(1)} %`

const goalsOf = (title: string, { mean, worst, first }: Size, auto: Runs): Goal[] => {
  const goal = (what: string, most: number, got: number, show = ratio): Goal => ({
    what: `${title}: ${what}`,
    goal: `≤ ${show(most)}`,
    got: show(got),
    met: got <= most,
  })
  return [
    goal('makespan / ideal, mean of 5 seeds', mean, auto.mean),
    ...(worst === undefined ? [] : [goal('worst seed', worst, auto.worst)]),
    ...(first === undefined ? [] : [goal('first row', first, auto.first, percent)]),
  ]
}

const notes = [
  `Mean and worst of ${seeds.length} seeds (other texts, other lengths); from ${fewFrom.toLocaleString('en')} records on all but \`auto\` of ${fewSeeds.length}. "Best fixed" is the best of ${sweep.join(', ')} times the slots.`,
  'Ideal: constant steps: tokens of all answers / slots × 10 ms. H100: the base of a step shared by all slots in every step, and what each token, prompt token and token held costs besides. It leaves out that answers depend on one another and that nobody knows how long one will be: where the longest takes a large part of the run, nobody comes near. A long answer drawn late is then a tail of nearly empty steps, as long as any other where steps are constant, and short on a GPU, where a step with few sequences is.',
  'What the numbers do not show: KV memory that binds (see `auto`), a network that is slow, or the CPU time of the client (see `overhead`).',
]

const picture =
  '![Running and waiting sequences over time, for four policies](occupancy.svg)'

/** The same work by four policies, as the server saw it. */
export const draw = async (): Promise<string> => {
  const [records, slots] = [500, 64]
  const panels: Panel[] = []
  for (const [name, policy] of drawn)
    panels.push({
      name,
      cell: await runCell({ records, slots, seed: 1, policy, everyMs: 250 }),
    })
  return plotOf(
    panels,
    slots,
    `Sequences at one server: ${records} records, ${(records * callsPerRecord).toLocaleString('en')} calls, ${slots} slots`,
  )
}
const drawn: [string, Policy][] = [
  ['Batches of 50 records, steps side by side', stepBatches(50)],
  ['A barrier after each stage', wholeStages],
  ['A fixed window as wide as the server, older records first', fixedWindow],
  ['ultraif, --concurrency auto', ours('auto')],
]

/**
 * One cell over real loopback HTTP, so that the virtual figures can be believed. A machine that is
 * busy with something else answers late, and is seen here.
 */
export const crossCheck = async (): Promise<string> => {
  const cell = { records: 500, slots: 64, seed: 1, policy: ours(80) }
  const speed = 2
  const [virtual, real] = [await runCell(cell), await runRealCell({ ...cell, speed })]
  const of = ({ makespanMs, idealMs }: Cell): string => ratio(makespanMs / idealMs)
  return `Cross-check, 500 records on 64 slots with 80 in flight, first seed: ${of(virtual)} in virtual time, ${of(real)} over loopback HTTP with the server's clock ${speed} times as fast (in real time: a busy machine adds to it).`
}
