/**
 * Notices that nothing moves any more, and says what a run waits for instead of hanging mute. It
 * looks at a few numbers now and then; only when they stand still does it ask who holds what.
 */
import type { Duplex, Readable, Writable } from 'node:stream'
import { sum, type Ledger } from '../ledger.js'
import type { ModelStats, OpenCallState } from '../model/model.js'
import {
  isIdle,
  linesOfReport,
  reportOf,
  type Situation,
  type Unwritten,
} from './stall-report.js'

/** Between two looks. */
const lookEveryMs = 5000
/** Stillness worth a word. A long answer of a slow server takes as long: it is no error yet. */
const stillMs = 60_000

/** Says when to speak: after `first` looks of stillness, then after pauses that double. */
export class Stillness {
  readonly #first: number
  #last: readonly number[] = []
  #looks = 0
  #pause = 0
  #next = 0

  constructor(first: number) {
    this.#first = first
  }

  /** `pulse`: numbers of which one is another when something has moved. Looks since then, when it is time to speak. */
  look(pulse: readonly number[]): number | undefined {
    if (pulse.some((number, i) => number !== this.#last[i])) {
      this.#last = pulse
      this.#looks = 0
      this.#pause = this.#next = this.#first
      return undefined
    }
    if (++this.#looks < this.#next) return undefined
    this.#pause *= 2
    this.#next += this.#pause
    return this.#looks
  }
}

/** Records that came in or were settled, calls that were sent or ended, bytes that left. */
export const pulseOf = (
  { in: entered, blank, split, kept, filtered, rejected }: Ledger,
  stats: ModelStats | undefined,
  outputs: readonly Unwritten[],
): number[] => [
  entered,
  blank,
  split,
  kept,
  sum(filtered),
  sum(rejected),
  sum(stats?.calls ?? {}),
  stats?.ended ?? 0,
  ...outputs.map(({ bytes }) => bytes),
]

export interface WatchdogOptions {
  /** The command, said in each line. */
  name: string
  ledger: Ledger
  models: { stats(): ModelStats; openCalls?(): OpenCallState[] } | undefined
  /** What is read, and what it is read by. */
  source: Readable
  body: Duplex
  stdout: Writable
  files: () => Unwritten[]
  tell: (lines: string[], forPrograms: object) => void
}

/**
 * Watches until the function it returns is called. Time is counted in looks: of a night that a
 * laptop slept through there is nothing to tell.
 */
export const startWatchdog = ({
  name,
  ledger,
  models,
  source,
  body,
  stdout,
  files,
  tell,
}: WatchdogOptions): (() => void) => {
  const stillness = new Stillness(stillMs / lookEveryMs)
  let toldIdle = false
  const look = (): void => {
    const stats = models?.stats()
    const outputs = [{ name: 'stdout', bytes: stdout.writableLength }, ...files()]
    const looks = stillness.look(pulseOf(ledger, stats, outputs))
    if (looks === undefined) return
    const situation: Situation = {
      open: ledger.open,
      windows: ledger.windows.map(window => window()),
      calls: models?.openCalls?.() ?? [],
      servers: stats?.servers ?? [],
      outputs,
      input: inputState(source, body),
    }
    const report = reportOf(situation, (looks * lookEveryMs) / 1000)
    // A quiet input is no trouble, and that of `parse --follow` is quiet most of the time.
    if (isIdle(report)) {
      if (toldIdle) return
      toldIdle = true
    }
    tell(linesOfReport(name, report), { stalled: report })
  }
  const timer = setInterval(look, lookEveryMs).unref()
  return () => clearInterval(timer)
}

const inputState = (source: Readable, body: Duplex): Situation['input'] => {
  if (source.readableEnded || source.destroyed) return 'ended'
  return source.readableLength === 0 && !body.writableNeedDrain ? 'waits' : 'flows'
}
