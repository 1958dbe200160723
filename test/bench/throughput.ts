/** How fast lines go through the two stages that call no model. */
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { Benchmark, Goal } from './benchmark.js'
import { child, ultraif, writeLines } from './child.js'
import { alternating, fixed, median, whole } from './numbers.js'
import { quoted, timeOf } from './shell-time.js'

const megabytes = 32
const rounds = 3
const wanted = 0.6

const samples = resolve(import.meta.dirname, '../../../fixtures/samples')

const works = [
  { command: 'parse', sample: 'query.jsonl', of: 'prompts' },
  { command: 'parse', sample: 'multilingual.jsonl', of: 'prompts in many scripts' },
  { command: 'parse', sample: 'sharegpt.jsonl', of: 'conversations' },
  { command: 'filter', sample: 'judged.sample.jsonl', of: 'judged records, to SFT rows' },
  {
    command: 'filter --as record',
    sample: 'judged.sample.jsonl',
    of: 'judged records, whole',
  },
]

const throughput: Benchmark = {
  name: 'throughput',
  what: `\`parse\` and \`filter\` on ${megabytes} MB each: the recorded samples of this repository, repeated. Against ndjson alone, parsed and written again, and \`jq -c .\` where it is installed. MB/s of CPU time with the start-up taken off, which has a benchmark of its own; medians of ${rounds} alternating rounds.`,
  run: async ({ log }) => {
    const folder = await mkdtemp(join(tmpdir(), 'ultraif-bench-'))
    try {
      const node = quoted(process.execPath)
      const empty = join(folder, 'empty.jsonl')
      await writeFile(empty, '')
      const hasJq = await timeOf('command -v jq').then(
        () => true,
        () => false,
      )
      const rows: string[][] = []
      const goals: Goal[] = []
      for (const { command, sample, of } of works) {
        log(`${command}, ${sample}`)
        const file = join(folder, 'input.jsonl')
        const lines = (await readFile(join(samples, sample), 'utf8')).trim().split('\n')
        const bytes = lines.reduce((sum, line) => sum + Buffer.byteLength(line) + 1, 0)
        const count = Math.ceil((megabytes * 1e6) / bytes) * lines.length
        await writeLines(file, count, i => lines[i % lines.length] as string)
        const { size } = await stat(file)

        /** CPU seconds without start-up. */
        const net = (line: string) => async () => {
          const start = await timeOf(`${line} < ${quoted(empty)}`)
          const all = await timeOf(`${line} < ${quoted(file)}`)
          return all.cpu - start.cpu
        }
        const seconds = await alternating(rounds, {
          bare: net(`${node} ${quoted(child('bare-ndjson'))}`),
          ours: net(`${node} ${quoted(ultraif)} ${command} --quiet`),
          jq: hasJq ? net('jq -c .') : async () => NaN,
        })
        const rate = (all: readonly number[]) => size / 1e6 / median(all)
        const ratio = rate(seconds.ours) / rate(seconds.bare)
        rows.push([
          `${command}: ${of}`,
          whole(size / count),
          fixed(rate(seconds.ours), 1),
          whole(count / median(seconds.ours)),
          fixed(rate(seconds.bare), 1),
          hasJq ? fixed(rate(seconds.jq), 1) : 'not installed',
          `${fixed(ratio)} ×`,
        ])
        goals.push({
          what: `${command}, ${of}: of bare ndjson`,
          goal: `≥ ${wanted} ×`,
          got: `${fixed(ratio)} ×`,
          met: ratio >= wanted,
        })
      }
      return {
        tables: [
          {
            columns: [
              'work',
              'bytes a line',
              'MB/s',
              'records/s',
              'ndjson, MB/s',
              'jq, MB/s',
              'of ndjson',
            ],
            rows,
          },
        ],
        goals,
      }
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  },
}

export default throughput
