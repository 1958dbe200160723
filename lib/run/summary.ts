/**
 * The last line on stderr: one JSON object that says what became of every record. Other
 * programs read it, so its fields only ever grow.
 */
import { sum, type Counts, type Ledger } from '../ledger.js'
import type { ModelStats, ServerStats, Usage } from '../model/model.js'
import { firstStrayText } from '../stages/stray-text.js'
import { printable } from './printable.js'

export interface Summary {
  in: number
  /** Of a single stage: records passed on. */
  out?: number
  kept?: number
  filtered?: Counts
  rejected: Counts
  /** Only where a run was cut: records whose fate is unknown. */
  open?: number
  blank: number
  rows?: Counts
  calls?: Counts
  tokens?: Usage
  /** The last limit of sequences in flight at each server, and why it was what it was. */
  servers?: Pick<ServerStats, 'url' | 'limit' | 'reason'>[]
  /** Numbers that end no record, such as dropped constraints. */
  notes?: Counts
  /** Where the first line of plain text among JSON lines stands, as `file:line`. */
  strayText?: string
  seconds: number
  stopped?: true
}

export interface SummaryOf {
  ledger: Ledger
  /** Of the models, where there are any. */
  stats: Pick<ModelStats, 'calls' | 'tokens' | 'servers'> | undefined
  seconds: number
  /** A single stage passes records on; it keeps and filters nothing. */
  passesOn: boolean
  stopped: boolean
}

/** A snapshot: what the ledger counts later does not change it. */
export const summaryOf = ({
  ledger,
  stats,
  seconds,
  passesOn,
  stopped,
}: SummaryOf): Summary => {
  const stray = firstStrayText(ledger)
  return {
    in: ledger.in + ledger.split,
    ...(passesOn
      ? { out: ledger.kept }
      : { kept: ledger.kept, filtered: { ...ledger.filtered } }),
    rejected: { ...ledger.rejected },
    ...(ledger.open === 0 ? {} : { open: ledger.open }),
    blank: ledger.blank,
    ...(passesOn ? {} : { rows: { ...ledger.rows } }),
    ...(stats
      ? {
          calls: stats.calls,
          tokens: stats.tokens,
          servers: stats.servers.map(({ url, limit, reason }) => ({
            url,
            limit,
            reason,
          })),
        }
      : {}),
    ...(Object.keys(ledger.notes).length === 0 ? {} : { notes: { ...ledger.notes } }),
    ...(stray === undefined ? {} : { strayText: stray }),
    seconds: Math.round(seconds * 100) / 100,
    ...(stopped ? { stopped: true as const } : {}),
  }
}

export interface EndOfRun {
  /** Whoever read stdout went away, as `head` does. */
  readerLeft: boolean
  /** What was counted may not have been written. */
  writeFailed: boolean
}

/** The same for people: `12 in = 7 kept + 3 filtered (no_pass 3) + 2 rejected (bad_json 2)`. */
export const sentenceOf = (
  summary: Summary,
  { readerLeft = false, writeFailed = false }: Partial<EndOfRun> = {},
): string => {
  const { rejected, filtered = {}, open } = summary
  const rows = writeFailed ? {} : (summary.rows ?? {})
  const atMost = writeFailed ? 'at most ' : ''
  const parts = [
    summary.out === undefined
      ? `${atMost}${count(summary.kept ?? 0)} kept`
      : `${atMost}${count(summary.out)} passed on`,
    ...(summary.out === undefined
      ? [`${count(sum(filtered))} filtered${list(filtered)}`]
      : []),
    `${count(sum(rejected))} rejected${list(rejected)}`,
    ...(open ? [`${count(open)} cut off`] : []),
  ]
  const made = Object.entries(rows).map(([shape, n]) => `${count(n)} ${shape}`)
  return [
    `${count(summary.in)} in = ${parts.join(' + ')}`,
    ...(made.length === 0 ? [] : [`rows: ${made.join(', ')}`]),
    `${summary.seconds} s`,
    ...(readerLeft ? ['the reader of stdout went away'] : []),
  ].join(' · ')
}

const list = (counts: Counts): string => {
  const entries = Object.entries(counts)
  return entries.length === 0
    ? ''
    : ` (${entries.map(([code, n]) => `${printable(code, 60)} ${count(n)}`).join(', ')})`
}

/** `12,345`, by hand: `toLocaleString` loads tables that take 15 ms of a start. */
export const count = (n: number): string => String(n).replace(/\B(?=(?:\d{3})+$)/g, ',')
