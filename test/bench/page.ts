/**
 * The page of results, as Markdown: an opening that says what numbers do not show, and a section
 * a benchmark. A section stands until its benchmark is run again: some take many minutes, and a
 * short run must not cost the results of a long one.
 */
import { cpus, totalmem } from 'node:os'
import type { Benchmark, Goal, Result, Table } from './benchmark.js'

const opening = `# Benchmark results

What these numbers do not show. The servers are simulated unless a section says otherwise: how
fast a model answers, how good its answers are and what a network adds is in none of them. All
processes of a benchmark share one machine, client and server included, so calls per second are
those of half a machine. Wall times are noisy where a machine is shared; compare figures of one
section, which were taken in turns within one run, and never those of two. CPU seconds are of
the whole process, start-up included. Where a goal was missed it says so.

Made by \`npm run bench -- --write\`; see \`npm run bench -- --help\`.
`

export interface Ran {
  benchmark: Benchmark
  result: Result
  /** As it was typed. */
  command: string
  seconds: number
}

/** One benchmark, with its heading. */
export const sectionOf = ({ benchmark, result, command, seconds }: Ran): string =>
  [
    `## ${benchmark.name}`,
    benchmark.what,
    ...result.tables.map(tableOf),
    ...(result.goals.length > 0 ? [goalsOf(result.goals)] : []),
    ...(result.notes ?? []),
    `\`${command}\` · ${new Date().toISOString().slice(0, 10)} · ${Math.round(seconds)} s · ${machine()}`,
  ].join('\n\n') + '\n'

/** The page with these sections, and those that stood in it before, in the order of `names`. */
export const pageOf = (
  before: string,
  sections: ReadonlyMap<string, string>,
  names: readonly string[],
): string => {
  const standing = new Map(
    before
      .split(/^(?=## )/m)
      .map(text => [/^## (\S+)/.exec(text)?.[1] ?? '', `${text.trimEnd()}\n`]),
  )
  const body = names.flatMap(name => sections.get(name) ?? standing.get(name) ?? [])
  return [opening, ...body].join('\n')
}

const goalsOf = (goals: readonly Goal[]): string =>
  tableOf({
    columns: ['goal', 'wanted', 'got', ''],
    rows: goals.map(({ what, goal, got, met }) => [
      what,
      goal,
      got,
      met ? 'met' : '**missed**',
    ]),
  })

const tableOf = ({ title, columns, rows }: Table): string => {
  const widths = columns.map((column, at) =>
    Math.max(3, column.length, ...rows.map(row => (row[at] ?? '').length)),
  )
  const line = (cells: readonly string[]) =>
    `| ${widths.map((width, at) => (cells[at] ?? '').padEnd(width)).join(' | ')} |`
  return [
    ...(title ? [`### ${title}`, ''] : []),
    line(columns),
    line(widths.map(width => '-'.repeat(width))),
    ...rows.map(line),
  ].join('\n')
}

const machine = (): string => {
  const processors = cpus()
  const model = processors[0]?.model.trim() ?? 'unknown processor'
  const memory = Math.round(totalmem() / 2 ** 30)
  return `${processors.length} × ${model}, ${memory} GB, ${process.platform} ${process.arch}, Node ${process.versions.node}, V8 ${process.versions.v8}`
}
