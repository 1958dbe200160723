/**
 * One round: a run that is cut, once or several times, and resumed to its end. What came out must
 * be what a run that nobody disturbed gives, and only what was open may have been paid for again.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import type { SimulatedServer } from '../../fixtures/vllm/simulate.js'
import { sum } from '../../lib/ledger.js'
import { markIn } from './corpus.js'
import { bytesIn, doneIn, linesOf } from './left-behind.js'
import { pullPlug } from './pull-plug.js'
import { runSession, type Cut, type Session } from './session.js'
import { Synced } from './synced.js'
import type { Variant } from './variants.js'

/** A run that nobody disturbed. */
export interface Whole {
  lines: string[][]
  /** As in `Session`. */
  summary: any
  requests: number
  sequences: number
  /** Of the largest output. */
  kib: number
}

export interface RoundResult {
  /** What is wrong, in words; empty if nothing is. */
  problems: string[]
  /** Sessions that were really cut. */
  cuts: number
  /** Bytes in the outputs when the first of them was. */
  bytesAtCut: number
  /** Requests beyond those of an undisturbed run, and those that cut sessions made for open records. */
  paidAgain: number
  open: number
}

/** A number from 0 to 1, the next each time. */
export type Dice = () => number

export const inFolder = async <T>(work: (dir: string) => Promise<T>): Promise<T> => {
  const dir = mkdtempSync(join(tmpdir(), 'ultraif-crash-'))
  try {
    return await work(dir)
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}

export const runWhole = (variant: Variant, server: SimulatedServer): Promise<Whole> =>
  inFolder(async dir => {
    variant.write(dir)
    const session = await runSession(variant, dir, server)
    if (session.code !== 0)
      throw new Error(`${variant.name}: ended with ${session.code}\n${session.stderr}`)
    const lines = linesOf(dir, variant)
    const bytes = lines.map(each => each.reduce((all, line) => all + line.length + 1, 0))
    return {
      lines,
      summary: session.summary,
      requests: session.requests.length,
      sequences: session.sequences,
      kib: Math.floor(Math.max(...bytes) / 1024),
    }
  })

export const runRound = (
  variant: Variant,
  server: SimulatedServer,
  whole: Whole,
  way: Cut['way'],
  dice: Dice,
): Promise<RoundResult> =>
  inFolder(async dir => {
    variant.write(dir)
    const result: RoundResult = {
      problems: [],
      cuts: 0,
      bytesAtCut: 0,
      paidAgain: 0,
      open: 0,
    }
    const books = new Books(variant)
    const wanted = 1 + Math.floor(dice() * 3)
    let left = whole.sequences
    while (result.cuts < wanted) {
      const cut = cutOf(way, whole, left, dice)
      const session =
        cut.way === 'power'
          ? await powerCut(dir, cut, dice, cut => runSession(variant, dir, server, cut))
          : await runSession(variant, dir, server, cut)
      books.add(session, dir, result)
      // Calls that were cut are no fate of a record.
      if (session.summary?.rejected?.aborted !== undefined)
        result.problems.push('records were rejected because the run was cut')
      if (!wasCut(session, way)) break
      if (result.cuts++ === 0) result.bytesAtCut = bytesIn(dir, variant)
      left = Math.max(20, left - session.sequences)
    }
    const last = await runSession(variant, dir, server)
    books.add(last, dir, result)
    result.paidAgain = books.requests - whole.requests
    result.open = books.ofOpen
    if (last.code !== 0) result.problems.push(`ended with ${last.code}: ${last.stderr}`)
    else result.problems.push(...differences(linesOf(dir, variant), last, whole, variant))
    if (variant.marks && way !== 'server' && result.paidAgain > result.open)
      result.problems.push(
        `${result.paidAgain} requests more than undisturbed, but only ${result.open} were made for open records`,
      )
    return result
  })

/** In the middle, as far as the work that is left tells where that is. */
const cutOf = (way: Cut['way'], whole: Whole, left: number, dice: Dice): Cut => {
  const after = Math.ceil(left * (0.1 + 0.85 * dice()))
  const thenMs = Math.floor(dice() * 40)
  if (way === 'kill') return { way, after, thenMs, atWrite: dice() < 0.5 }
  if (way === 'power') return { way, after, thenMs, atWrite: dice() < 0.5, synced: '' }
  if (way === 'term') return { way, after, thenMs, twice: dice() < 0.5 }
  if (way === 'server') return { way, after }
  return { way, kib: 1 + Math.floor(dice() * whole.kib) }
}

/** What was not synced in the session may be gone when it is over. */
const powerCut = (
  dir: string,
  cut: Extract<Cut, { way: 'power' }>,
  dice: Dice,
  session: (cut: Cut) => Promise<Session>,
): Promise<Session> =>
  inFolder(async beside => {
    const synced = new Synced(beside)
    synced.keepAll(dir)
    const ended = await session({ ...cut, synced: beside })
    if (ended.signal === 'SIGKILL') pullPlug(dir, synced, dice)
    return ended
  })

const wasCut = ({ code, signal }: Session, way: Cut['way']): boolean =>
  ({
    kill: signal === 'SIGKILL',
    power: signal === 'SIGKILL',
    term: code === 143 || signal === 'SIGTERM',
    // Where the signal is not ignored, it ends the process in the middle of its write.
    disk: code === 1 || signal === 'SIGXFSZ',
    server: code === 1,
  })[way]

/** Who paid for what: requests of each record, and whether it was done already. */
class Books {
  readonly #variant: Variant
  #done = new Set<string>()
  requests = 0
  ofOpen = 0

  constructor(variant: Variant) {
    this.#variant = variant
  }

  add({ requests }: Session, dir: string, { problems }: RoundResult): void {
    this.requests += requests.length
    const { marks } = this.#variant
    if (!marks) return
    const now = new Map<string, number>()
    for (const raw of requests) {
      const mark = markIn(raw)
      if (mark !== undefined) now.set(mark, (now.get(mark) ?? 0) + 1)
      // The question about json_schema at the start of each session is asked again.
      else this.ofOpen++
    }
    for (const mark of now.keys())
      if (this.#done.has(mark))
        problems.push(`${mark} was done, and was asked about again`)
    const done = doneIn(dir)
    this.#done = new Set(
      marks.filter((mark, place) => mark && done.has(place)) as string[],
    )
    for (const [mark, n] of now) if (!this.#done.has(mark)) this.ofOpen += n
  }
}

const differences = (
  lines: string[][],
  { summary }: Session,
  whole: Whole,
  { outputs }: Variant,
): string[] => {
  const problems = outputs.flatMap((name, i) =>
    isDeepStrictEqual(lines[i], whole.lines[i])
      ? []
      : [
          `${name}: ${lines[i]?.length} lines where an undisturbed run gives ${whole.lines[i]?.length}, or others`,
        ],
  )
  const { kept, filtered, rejected } = summary
  if (summary.in !== kept + sum(filtered) + sum(rejected))
    problems.push(`in = ${summary.in} is not kept + filtered + rejected`)
  for (const name of ['in', 'kept', 'filtered', 'rejected', 'blank', 'rows'])
    if (!isDeepStrictEqual(summary[name], whole.summary[name]))
      problems.push(
        `${name} is ${JSON.stringify(summary[name])}, undisturbed ${JSON.stringify(whole.summary[name])}`,
      )
  return problems
}
