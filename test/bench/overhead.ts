/**
 * What our own code costs beside the calls it makes: against a loop that does nothing but the
 * calls, over the same lines, servers and sockets.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Benchmark } from './benchmark.js'
import {
  child,
  measure,
  serve,
  serveSimulated,
  ultraif,
  writeLines,
  type Measured,
} from './child.js'
import { queryLine } from './corpus.js'
import { alternating, fixed, median, whole } from './numbers.js'

const calls = 20_000
const rounds = 3
/** Six stages make about fourteen calls a record. */
const records = 1400

const callsOf = ({ summary }: Measured): number =>
  Object.values(summary.calls as { [label: string]: number }).reduce((a, b) => a + b, 0)

const overhead: Benchmark = {
  name: 'overhead',
  what: `${whole(calls)} calls of about 1 KB each way at zero latency, JSONL in and out, 64 in flight: a bare loop over undici's Pool, \`ultraif generate --samples 1\`, and \`ultraif run\` with all six stages on ${whole(records)} records. CPU seconds of the client's process, start-up included; medians of ${rounds} alternating rounds.`,
  run: async ({ log }) => {
    const folder = await mkdtemp(join(tmpdir(), 'ultraif-bench-'))
    const many = join(folder, 'many.jsonl')
    const few = join(folder, 'few.jsonl')
    await writeLines(many, calls, i => queryLine(i))
    await writeLines(few, records, i => queryLine(i))
    const [server, simulated] = await Promise.all([
      serve(child('fixed-answer'), []),
      serveSimulated('--answer-tokens', '200'),
    ])
    const common = ['--concurrency', '64', '--quiet']
    try {
      const costs = await alternating(rounds, {
        bare: async () => {
          log('bare loop')
          const cost = await measure(child('bare-loop'), [server.url], { input: many })
          return { ...cost, calls }
        },
        generate: async () => {
          log('one generate step')
          const args = ['generate', '--samples', '1', '--base-url', server.url, ...common]
          return { ...(await measure(ultraif, args, { input: many })), calls }
        },
        run: async () => {
          log('six stages')
          const args = ['run', '--seed', '1', '--base-url', simulated.url, ...common, few]
          const cost = await measure(ultraif, args)
          return { ...cost, calls: callsOf(cost) }
        },
      })
      const perThousand = (all: { cpu: number; calls: number }[]) =>
        median(all.map(cost => (cost.cpu / cost.calls) * 1000))
      const row = (name: string, all: (Measured & { calls: number })[]) => [
        name,
        whole(median(all.map(cost => cost.calls))),
        fixed(perThousand(all), 3),
        `${fixed(perThousand(all) / perThousand(costs.bare))} ×`,
        whole(median(all.map(cost => cost.calls / cost.wall))),
        whole(median(all.map(({ peak }) => peak))),
      ]
      const ratio = perThousand(costs.generate) / perThousand(costs.bare)
      const six = perThousand(costs.run)
      return {
        tables: [
          {
            columns: [
              'client',
              'calls',
              'CPU s per 1,000 calls',
              'of the bare loop',
              'calls/s of wall time',
              'peak RSS, MB',
            ],
            rows: [
              row('bare undici loop', costs.bare),
              row('ultraif generate', costs.generate),
              row('ultraif run, six stages', costs.run),
            ],
          },
        ],
        goals: [
          {
            what: 'one generate step, CPU of the bare loop',
            goal: '≤ 1.5 ×',
            got: `${fixed(ratio)} ×`,
            met: ratio <= 1.5,
          },
          {
            what: 'six stages, CPU s per 1,000 calls',
            goal: '≤ 0.20',
            got: fixed(six, 3),
            met: six <= 0.2,
          },
        ],
        notes: [
          'Calls per second of wall time are those of this machine with the server on it: they share its cores.',
          'The bare loop and the generate step ask a server with one fixed answer; six stages need a simulated model, whose answers vary in length, and our own prompts are longer than 1 KB.',
        ],
      }
    } finally {
      await Promise.all([server.stop(), simulated.stop()])
      await rm(folder, { recursive: true, force: true })
    }
  },
}

export default overhead
