/** What a command costs before it does anything: shells start them by the dozen. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Benchmark } from './benchmark.js'
import { ultraif } from './child.js'
import { alternating, fixed, median, whole } from './numbers.js'
import { quoted, timeOf, type Times } from './shell-time.js'

const rounds = 15

const startUp: Benchmark = {
  name: 'start-up',
  what: `\`ultraif --version\` and \`ultraif parse\` of one line, against an empty script. Medians of ${rounds} alternating rounds; ratios are of CPU time.`,
  run: async ({ log }) => {
    const folder = await mkdtemp(join(tmpdir(), 'ultraif-bench-'))
    try {
      const empty = join(folder, 'empty.mjs')
      const line = join(folder, 'line.jsonl')
      await writeFile(empty, '')
      await writeFile(line, '{"query":"Write a haiku about rain."}\n')
      const node = quoted(process.execPath)
      const program = `${node} ${quoted(ultraif)}`
      log(`${rounds} rounds`)
      const times = await alternating(rounds, {
        empty: () => timeOf(`${node} ${quoted(empty)}`),
        version: () => timeOf(`${program} --version`),
        parse: () => timeOf(`${program} parse ${quoted(line)}`),
      })
      const cpu = (all: readonly Times[]) => median(all.map(time => time.cpu))
      const base = cpu(times.empty)
      const row = (name: string, all: readonly Times[]) => [
        name,
        whole(1000 * cpu(all)),
        whole(1000 * median(all.map(({ wall }) => wall))),
        `${fixed(cpu(all) / base)} ×`,
      ]
      const goal = (what: string, all: readonly Times[], limit: number) => ({
        what,
        goal: `≤ ${limit} ×`,
        got: `${fixed(cpu(all) / base)} ×`,
        met: cpu(all) / base <= limit,
      })
      return {
        tables: [
          {
            columns: ['program', 'CPU, ms', 'wall, ms', 'of an empty script'],
            rows: [
              row('an empty script', times.empty),
              row('ultraif --version', times.version),
              row('ultraif parse, one line', times.parse),
            ],
          },
        ],
        goals: [
          goal('ultraif --version', times.version, 1.8),
          goal('ultraif parse of one line', times.parse, 3.2),
        ],
      }
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  },
}

export default startUp
