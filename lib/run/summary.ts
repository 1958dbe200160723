/**
 * The last line on stderr: one JSON object that says what became of every record. Other
 * programs read it, so its fields only ever grow.
 */
import { sum, type Counts, type Ledger } from '../ledger.js'
import type { ModelStats, ServerStats, Usage } from '../model/model.js'
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
}: SummaryOf): Summary => ({
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
        servers: stats.servers.map(({ url, limit, reason }) => ({ url, limit, reason })),
      }
    : {}),
  ...(Object.keys(ledger.notes).length === 0 ? {} : { notes: { ...ledger.notes } }),
  seconds: Math.round(seconds * 100) / 100,
  ...(stopped ? { stopped: true as const } : {}),
})

/** The same for people: `12 in = 7 kept + 3 filtered (no_pass 3) + 2 rejected (bad_json 2)`. */
export const sentenceOf = (summary: Summary): string => {
  const { rejected, filtered = {}, open, rows = {} } = summary
  const parts = [
    summary.out === undefined
      ? `${count(summary.kept ?? 0)} kept`
      : `${count(summary.out)} passed on`,
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
