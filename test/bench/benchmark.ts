/** What a benchmark is, and what it answers. One a file; `index.ts` runs them and writes the page. */

export interface Benchmark {
  /** `npm run bench -- NAME` */
  name: string
  /** What it runs, in one or two sentences: stands above its tables. */
  what: string
  /** Left out of a plain `npm run bench`: takes many minutes. */
  long?: boolean
  run(context: BenchContext): Promise<Result>
}

export interface BenchContext {
  /** A real server to run against, where the benchmark can. */
  baseUrl: string | undefined
  /** The rows that take many minutes, too. */
  long: boolean
  /** Progress for people, on stderr. */
  log: (line: string) => void
}

export interface Result {
  tables: Table[]
  goals: Goal[]
  /** Sentences below the tables: what the numbers do not show, and why. */
  notes?: string[]
  /** Pictures, written beside the page of results. */
  files?: { name: string; text: string }[]
}

export interface Table {
  title?: string
  columns: string[]
  rows: string[][]
}

export interface Goal {
  what: string
  /** Such as `≤ 1.5`. */
  goal: string
  /** Such as `1.31`. */
  got: string
  met: boolean
}
