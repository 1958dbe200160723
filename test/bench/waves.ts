/**
 * What `--until` saves: generate and judge calls for each row, where one passing response is
 * enough or a pair is, beside drawing all K every time.
 */
import _ from 'highland'
import { fraction, hashText, join } from '../../fixtures/vllm/dice.js'
import { simulate, type SimulatedServer } from '../../fixtures/vllm/simulate.js'
import { vllm } from '../../lib/model/vllm.js'
import type { Record } from '../../lib/record.js'
import { chain } from '../../lib/stage.js'
import { filter } from '../../lib/stages/filter.js'
import type { SampleOptions } from '../../lib/stages/options.js'
import { sample } from '../../lib/stages/sample.js'
import type { Benchmark, Table } from './benchmark.js'

const count = 600
const samples = 5
const passRates = [0.5, 0.7, 0.85, 0.95]
const goalAt = 0.85
const goalTimes = 3.5

/** How often the responses to a prompt pass, the mean over all prompts given. */
interface Corpus {
  title: string
  rate(mean: number, prompt: string): number
}
const corpora: Corpus[] = [
  { title: 'Prompts of equal difficulty', rate: mean => mean },
  {
    title: 'Prompts of unequal difficulty (rates spread evenly up to 1)',
    // Even between a lowest rate and 1.
    rate: (mean, prompt) => 1 - 2 * (1 - mean) * fraction(hashText(prompt)),
  },
]

const benchmark: Benchmark = {
  name: 'waves',
  what: `${count} records, K = ${samples}, at rates at which a response passes: generate and judge calls, and tokens of both, for each SFT row (\`--until pass\` beside all K with \`--pick first\`) and for each preference pair (\`--until pair\` beside all K).`,

  async run({ log }) {
    const server = await simulate({ logLimit: 0 })
    const tables: Table[] = []
    let times = 0
    try {
      for (const { title, rate } of corpora) {
        const sft: string[][] = []
        const pairs: string[][] = []
        for (const mean of passRates) {
          judgeBy(server, prompt => rate(mean, prompt))
          const all = await spend(server, 'all', 'sft')
          const pass = await spend(server, 'pass', 'sft')
          if (all.text !== pass.text)
            throw new Error(`at ${mean} --until pass gave other rows than all K`)
          const allPairs = await spend(server, 'all', 'dpo')
          const pair = await spend(server, 'pair', 'dpo')
          if (allPairs.rows !== pair.rows)
            throw new Error(
              `at ${mean} --until pair gave ${pair.rows} of ${allPairs.rows}`,
            )
          sft.push([mean.toFixed(2), ...compared(all, pass)])
          pairs.push([mean.toFixed(2), ...compared(allPairs, pair)])
          if (rate === corpora[0]?.rate && mean === goalAt)
            times = callsPerRow(all) / callsPerRow(pass)
          log(`${title}, ${mean}: ${sft.at(-1)?.at(3)} and ${pairs.at(-1)?.at(3)} fewer`)
        }
        tables.push({
          title: `${title}, SFT rows`,
          columns: columnsFor('pass'),
          rows: sft,
        })
        tables.push({
          title: `${title}, pairs`,
          columns: columnsFor('pair'),
          rows: pairs,
        })
      }
    } finally {
      await server.close()
    }
    return {
      tables,
      goals: [
        {
          what: `calls per SFT row at ${goalAt}, all K over --until pass`,
          goal: `≥ ${goalTimes}`,
          got: times.toFixed(2),
          met: times >= goalTimes,
        },
      ],
      notes,
    }
  },
}
export default benchmark

const notes = [
  `The rows of \`--until pass\` are compared with those of all K in every line, and are the same. With \`--until pair\` a record that has a pair gives one either way, by the first pass and fail found instead of the widest margin.`,
  'What the numbers do not show: tokens are those of simulated texts, a judge call is as long as its prompt; and a wave waits for the wave before, so a record takes longer (see `occupancy` for what that costs the server: nothing while other records are open).',
]

const columnsFor = (until: string): string[] => [
  'pass rate of a response',
  'calls a row, all K',
  `\`${until}\``,
  'fewer',
  'tokens a row, all K',
  `\`${until}\``,
  'fewer',
]

interface Spent {
  rows: number
  /** The rows themselves. */
  text: string
  calls: number
  tokens: number
}

const callsPerRow = ({ calls, rows }: Spent): number => calls / rows

const compared = (all: Spent, some: Spent): string[] => {
  const calls = [callsPerRow(all), callsPerRow(some)] as const
  const tokens = [all.tokens / all.rows, some.tokens / some.rows] as const
  return [
    calls[0].toFixed(2),
    calls[1].toFixed(2),
    `${(calls[0] / calls[1]).toFixed(2)} ×`,
    Math.round(tokens[0]).toLocaleString('en'),
    Math.round(tokens[1]).toLocaleString('en'),
    `${(tokens[0] / tokens[1]).toFixed(2)} ×`,
  ]
}

const spend = async (
  server: SimulatedServer,
  until: SampleOptions['until'],
  as: 'sft' | 'dpo',
): Promise<Spent> => {
  const model = await vllm({ urls: [server.url], concurrency: 64 })
  const stage = chain(
    sample(model, { until, seed: 1, order: 'input', generate: { samples } }),
    filter({ as }),
  )
  const rows = await new Promise<unknown[]>((resolve, reject) => {
    _(records()).through(stage).stopOnError(reject).toArray(resolve)
  })
  const { calls, tokens } = model.stats()
  await model.close()
  return {
    rows: rows.length,
    text: JSON.stringify(rows),
    calls: (calls['generate'] ?? 0) + (calls['judge'] ?? 0),
    tokens: tokens.prompt + tokens.completion,
  }
}

const question = 'Does it name a price?'

const records = (): Record[] =>
  Array.from({ length: count }, (_, i) => {
    const query = `Recommend a present for person ${i} and name a price.`
    return {
      id: `${i.toString(16).padStart(16, '0')}-${i}`,
      query,
      seed: { query },
      questions: [{ text: question, from: 'seed' }],
    }
  })

/** The judge says yes as often as the prompt deserves, decided by the response. */
const judgeBy = (server: SimulatedServer, rate: (prompt: string) => number): void => {
  server.clearScripts()
  server.script('ultraif_verdicts', ({ text }) => {
    const prompt = /person \d+/.exec(text)?.[0] ?? ''
    const response = /<response>[\s\S]*/.exec(text)?.[0] ?? ''
    const passes = fraction(join(hashText(response), hashText(prompt))) < rate(prompt)
    return JSON.stringify({
      1: { why: 'It is there, or it is not.', answer: passes ? 'yes' : 'no' },
    })
  })
}
