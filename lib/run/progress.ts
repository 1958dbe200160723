/**
 * What people see while a run works: one redrawn line on a terminal, a plain line now and then
 * in a log, one JSON line a second for programs. Drawn by a timer, never per row: at thousands
 * of rows a second a terminal would cost more than the models.
 */
import { sum, type Ledger } from '../ledger.js'
import type { ModelStats, ServerStats } from '../model/model.js'
import { printableJson } from './printable.js'
import { count } from './summary.js'
import { lineTold } from './told.js'

export type ProgressKind = 'auto' | 'plain' | 'json' | 'off'

/** A terminal or a file. `isTTY` and `columns` are what Node gives stderr on a terminal. */
export interface Screen {
  write(text: string): unknown
  isTTY?: boolean
  columns?: number
}

export interface ProgressOptions {
  screen: Screen
  kind: ProgressKind
  /** The command, said in each plain line. */
  label: string
  /**
   * Other processes of a shell pipe may write to the same terminal: no line is redrawn then,
   * since six of them would redraw each other's.
   */
  shared: boolean
  ledger: Ledger
  /** Asked at each drawing, since a run connects its models after it began. */
  stats: () => ModelStats | undefined
}

export interface Progress {
  /** A line for people that does not garble the redrawn one. */
  log: (line: string) => void
  /** Lines for people, or in their place one of JSON where all progress is. */
  tell: (lines: string[], forPrograms: object) => void
  /** Ends the drawing and leaves the cursor on a fresh line. */
  stop: () => void
}

const everyMs = { redrawn: 250, plain: 10_000, json: 1000 } as const
/** Rates are means over this long: short enough to follow, long enough not to flicker. */
const rateWindowMs = 10_000

export const startProgress = ({
  screen,
  kind,
  label,
  shared,
  ledger,
  stats,
}: ProgressOptions): Progress => {
  const style = kind === 'auto' ? (screen.isTTY && !shared ? 'redrawn' : 'plain') : kind
  const started = performance.now()
  const samples: Sample[] = [{ at: started, calls: 0, tokens: 0 }]
  let drawn = false
  let lastTold = ''

  const erase = () => {
    if (drawn) screen.write('\r\u001b[K')
    drawn = false
  }
  /** Only what is new: of a run that stands still, the lines that say why are to be found. */
  const drawPlain = (now: State) => {
    const { seconds: _seconds, servers: _servers, ...counts } = now
    const told = JSON.stringify(counts)
    if (told !== lastTold) screen.write(`${label}: ${lineOf(now)}\n`)
    lastTold = told
  }
  const draw = () => {
    const at = performance.now()
    const now = stateOf(ledger, stats(), samples, at, (at - started) / 1000)
    if (style === 'json') screen.write(`${printableJson({ progress: now })}\n`)
    else if (style === 'plain') drawPlain(now)
    else {
      // A terminal of unknown width says 0.
      screen.write(`\r${fitted(partsOf(now), (screen.columns || 80) - 1)}\u001b[K`)
      drawn = true
    }
  }

  const timer = style === 'off' ? undefined : setInterval(draw, everyMs[style])
  timer?.unref()
  const log = (line: string) => {
    erase()
    screen.write(`${lineTold(line)}\n`)
  }
  return {
    log,
    tell: (lines, forPrograms) => {
      if (style === 'json') screen.write(`${printableJson(forPrograms)}\n`)
      else for (const line of lines) log(line)
    },
    stop: () => {
      clearInterval(timer)
      erase()
    },
  }
}

interface Sample {
  at: number
  calls: number
  tokens: number
}

const stateOf = (
  ledger: Ledger,
  stats: ModelStats | undefined,
  samples: Sample[],
  at: number,
  seconds: number,
) => {
  const calls = sum(stats?.calls ?? {})
  const tokens = stats?.tokens.completion ?? 0
  samples.push({ at, calls, tokens })
  while (samples.length > 2 && at - (samples[0] as Sample).at > rateWindowMs)
    samples.shift()
  const oldest = samples[0] as Sample
  const perSecond = (now: number, then: number) =>
    Math.round(((now - then) / Math.max(1, at - oldest.at)) * 10_000) / 10

  return {
    in: ledger.in + ledger.split,
    kept: ledger.kept,
    ...(ledger.target < Infinity && { target: ledger.target }),
    filtered: sum(ledger.filtered),
    rejected: sum(ledger.rejected),
    seconds: Math.round(seconds * 10) / 10,
    ...(stats && {
      callsPerSecond: perSecond(calls, oldest.calls),
      tokensPerSecond: perSecond(tokens, oldest.tokens),
      inFlight: stats.inFlight,
      limit: stats.limit,
      queued: stats.queued,
      servers: stats.servers,
    }),
  }
}

type State = ReturnType<typeof stateOf>

/** A part of the line, and how soon it goes where there is no room: the highest first. */
type Part = [text: string, rank: number]

const lineOf = (now: State): string => joined(partsOf(now))

const joined = (parts: readonly Part[]): string => parts.map(([text]) => text).join(' · ')

/** Whole parts as long as they fit, for half a number is another number. */
const fitted = (parts: readonly Part[], width: number): string => {
  if (joined(parts).length <= width) return joined(parts)
  if (parts.length === 1) return joined(parts).slice(0, width)
  const last = Math.max(...parts.map(([, rank]) => rank))
  return fitted(
    parts.filter(([, rank]) => rank !== last),
    width,
  )
}

const partsOf = (now: State): Part[] => [
  [`${count(now.in)} in`, 2],
  [
    `${count(now.kept)}${now.target === undefined ? '' : ` of ${count(now.target)}`} kept`,
    0,
  ],
  ...part(now.filtered > 0, `${count(now.filtered)} filtered`, 4),
  ...part(now.rejected > 0, `${count(now.rejected)} rejected`, 3),
  ...(now.callsPerSecond === undefined
    ? []
    : ([
        [`${rate(now.callsPerSecond)} calls/s`, 7],
        [`${rate(now.tokensPerSecond ?? 0)} tokens/s`, 5],
        [
          `${now.inFlight}/${now.limit} in flight${cacheUse(now.servers ?? [])}${now.queued ? `, ${count(now.queued)} queued` : ''}`,
          6,
        ],
      ] satisfies Part[])),
  [clock(now.seconds), 1],
]

const part = (isThere: boolean, text: string, rank: number): Part[] =>
  isThere ? [[text, rank]] : []

/** Tenths say something of a few a second, and nothing of a hundred. */
const rate = (perSecond: number): string =>
  count(perSecond < 100 ? perSecond : Math.round(perSecond))

/** ` (KV 0.84)`, of several servers ` (KV 0.81-0.86)`: what is near 0.85 is as full as it should be. */
const cacheUse = (servers: readonly ServerStats[]): string => {
  const known = servers.flatMap(({ kvUsage }) => kvUsage ?? [])
  if (known.length === 0) return ''
  const [least, most] = [Math.min(...known).toFixed(2), Math.max(...known).toFixed(2)]
  return ` (KV ${least === most ? most : `${least}-${most}`})`
}

const clock = (seconds: number): string => {
  const whole = Math.floor(seconds)
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60]
  const two = (n: number) => String(n).padStart(2, '0')
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`
}
