/** Whether memory depends on the size of the corpus. It must not. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Benchmark, Goal } from './benchmark.js'
import {
  child,
  measure,
  serve,
  serveSimulated,
  takeSlowly,
  ultraif,
  writeLines,
} from './child.js'
import { queryLine } from './corpus.js'
import { fixed, whole } from './numbers.js'

interface Row {
  work: 'six stages' | 'one call a record'
  records: number
  sink: 'fast' | 'slow'
  /** Only with --long. */
  long?: boolean
}

const rows: Row[] = [
  { work: 'six stages', records: 1_000, sink: 'fast' },
  { work: 'six stages', records: 10_000, sink: 'fast' },
  { work: 'six stages', records: 10_000, sink: 'slow' },
  { work: 'six stages', records: 50_000, sink: 'fast', long: true },
  { work: 'six stages', records: 100_000, sink: 'fast', long: true },
  { work: 'one call a record', records: 10_000, sink: 'fast' },
  { work: 'one call a record', records: 100_000, sink: 'fast' },
  { work: 'one call a record', records: 100_000, sink: 'slow' },
  { work: 'one call a record', records: 1_000_000, sink: 'fast', long: true },
]

/** A slow sink rests this long after each piece it takes from the pipe. */
const restMs = 20

const peakGoal = 160
const growthGoal = 0.05

const memory: Benchmark = {
  name: 'memory',
  what: `Largest resident set of the client's process, \`--concurrency 64\`, prompts of about 200 characters: \`ultraif run\` with all six stages, and \`ultraif generate --samples 1\`. The slow sink rests ${restMs} ms after each piece it reads. Growth is against the row of the same work and sink with fewer records.`,
  run: async ({ log, long }) => {
    const folder = await mkdtemp(join(tmpdir(), 'ultraif-bench-'))
    const [server, simulated] = await Promise.all([
      serve(child('fixed-answer'), []),
      serveSimulated(),
    ])
    try {
      const measured: (Row & { peak: number; cpu: number })[] = []
      for (const row of rows.filter(row => long || !row.long)) {
        const { work, records, sink } = row
        log(`${work}, ${whole(records)} records, ${sink} sink`)
        const input = join(folder, `${records}.jsonl`)
        await writeLines(input, records, i => queryLine(i, 200))
        const common = ['--concurrency', '64', '--quiet']
        const args =
          work === 'six stages'
            ? ['run', '--base-url', simulated.url, ...common]
            : ['generate', '--samples', '1', '--base-url', server.url, ...common]
        const cost = await measure(ultraif, args, {
          input,
          ...(sink === 'slow' ? { take: takeSlowly(restMs) } : {}),
        })
        await rm(input)
        measured.push({ ...row, ...cost })
      }
      const growthOf = (row: (typeof measured)[number]) => {
        const smaller = measured.findLast(
          other =>
            other.work === row.work &&
            other.sink === row.sink &&
            other.records < row.records,
        )
        return (
          smaller && ((row.peak - smaller.peak) * 1024) / (row.records - smaller.records)
        )
      }
      return {
        tables: [
          {
            columns: [
              'work',
              'records',
              'sink',
              'peak RSS, MB',
              'KB more a record',
              'CPU s',
            ],
            rows: measured.map(row => {
              const growth = growthOf(row)
              return [
                row.work,
                whole(row.records),
                row.sink,
                whole(row.peak),
                growth === undefined ? '' : fixed(growth, 3),
                whole(row.cpu),
              ]
            }),
          },
        ],
        goals: measured.flatMap((row): Goal[] => {
          const growth = growthOf(row)
          const name = `${row.work}, ${whole(row.records)} records, ${row.sink} sink`
          return [
            {
              what: `${name}: peak RSS`,
              goal: `≤ ${peakGoal} MB`,
              got: `${whole(row.peak)} MB`,
              met: row.peak <= peakGoal,
            },
            ...(growth === undefined || row.records < 100_000
              ? []
              : [
                  {
                    what: `${name}: growth a record`,
                    goal: `≤ ${growthGoal} KB`,
                    got: `${fixed(growth, 3)} KB`,
                    met: growth <= growthGoal,
                  },
                ]),
          ]
        }),
        notes: [
          'A peak is one sample of where the garbage collector happened to be: repeats differ by some 15 MB, which over few records looks like growth.',
          ...(long
            ? []
            : [
                'Rows from 50,000 records through six stages and from 1,000,000 calls on need `--long`.',
              ]),
        ],
      }
    } finally {
      await Promise.all([server.stop(), simulated.stop()])
      await rm(folder, { recursive: true, force: true })
    }
  },
}

export default memory
