/**
 * What a run waits for, in words and as an object: who holds how many records, which calls are
 * open and where, which output is not taken, whether the input gives nothing.
 */
import type { WindowState } from '../ledger.js'
import type { OpenCallState, ServerStats } from '../model/model.js'
import { count } from './summary.js'

/** Bytes that an output has been given and that have not left. */
export interface Unwritten {
  /** `stdout`, or a file. */
  name: string
  bytes: number
}

export interface Situation {
  /** Records that are open. */
  open: number
  windows: WindowState[]
  calls: OpenCallState[]
  servers: ServerStats[]
  outputs: Unwritten[]
  /** `waits`: it is asked for more and gives nothing. */
  input: 'waits' | 'flows' | 'ended'
}

/** For programs, under `stalled`. */
export interface StallReport {
  /** Since anything moved. */
  seconds: number
  open: number
  windows: WindowState[]
  /** Calls of one kind that wait for the same thing. */
  calls: WaitingCalls[]
  /** Servers that are out. */
  servers: { url: string; out: string }[]
  outputs: Unwritten[]
  input: Situation['input']
}

interface WaitingCalls {
  label: string
  state: OpenCallState['state']
  url?: string
  count: number
  /** The one that has waited longest, and the place of its record in the input. */
  oldest: { record: number; seconds: number; attempts: number }
}

export const reportOf = (
  { open, windows, calls, servers, outputs, input }: Situation,
  seconds: number,
): StallReport => ({
  seconds,
  open,
  windows: windows.filter(window => window.open + window.ready > 0),
  calls: together(calls),
  servers: servers.flatMap(({ url, out }) => (out === undefined ? [] : { url, out })),
  outputs: outputs.filter(({ bytes }) => bytes > 0),
  input,
})

/** Nothing is wrong: there is nothing to do until more comes in. */
export const isIdle = ({ open, calls, outputs, input }: StallReport): boolean =>
  open === 0 && calls.length === 0 && outputs.length === 0 && input === 'waits'

/** The same for people, line by line. */
export const linesOfReport = (name: string, report: StallReport): string[] => {
  const { seconds, open, windows, calls, servers, outputs, input } = report
  if (isIdle(report)) return [`${name}: waits for input; nothing is open.`]
  // What is the matter comes before who waits for it.
  const found = [
    ...servers.map(({ url, out }) => `${url} is out: ${out}`),
    ...outputs.map(
      ({ name, bytes }) =>
        `${count(bytes)} bytes wait to be taken by ${name === 'stdout' ? 'the reader of stdout' : `the disk of ${name}`}`,
    ),
    ...calls.map(toldCalls),
    ...windows.map(told),
    ...(input === 'waits' ? ['the input gives nothing more, and has not ended'] : []),
  ]
  return [
    `${name}: nothing has moved for ${inTime(seconds)}; ${count(open)} ${open === 1 ? 'record is' : 'records are'} open.`,
    ...found.map(line => `${name}:   ${line}`),
  ]
}

const told = ({ stage, open, ready }: WindowState): string =>
  `${stage} holds ${count(open + ready)}${ready === 0 ? '' : `, ${count(ready)} of them done and not taken on`}`

const toldCalls = ({ label, state, url, count: n, oldest }: WaitingCalls): string => {
  const { record, seconds, attempts } = oldest
  const where = {
    queued: `${n === 1 ? 'waits' : 'wait'} for a free place`,
    'in flight': `in flight at ${url}`,
    'backing off': `${n === 1 ? 'waits' : 'wait'} to be asked again, after ${url}`,
  }[state]
  const since = `${n === 1 ? '' : 'the oldest '}for ${inTime(seconds)}`
  const which = `record ${record}${attempts > 1 ? `, attempt ${attempts}` : ''}`
  return `${count(n)} ${label} ${n === 1 ? 'call' : 'calls'} ${where}, ${since} (${which})`
}

/** By kind, state and server; a queued call is at none. */
const together = (calls: readonly OpenCallState[]): WaitingCalls[] => {
  const groups = new Map<string, WaitingCalls>()
  for (const { label, state, url, rank, ms, attempts } of calls) {
    const place = state === 'queued' ? undefined : url
    const key = [label, state, place].join('\n')
    const seconds = Math.round(ms / 1000)
    const oldest = { record: rank, seconds, attempts }
    const group = groups.get(key)
    if (!group)
      groups.set(key, {
        label,
        state,
        ...(place !== undefined && { url: place }),
        count: 1,
        oldest,
      })
    else {
      group.count++
      if (seconds > group.oldest.seconds) group.oldest = oldest
    }
  }
  return [...groups.values()]
}

const inTime = (seconds: number): string =>
  seconds < 120
    ? `${seconds} s`
    : seconds < 7200
      ? `${Math.round(seconds / 60)} min`
      : `${Math.round(seconds / 3600)} h`
