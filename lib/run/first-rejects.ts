/**
 * The first reject of each code, for people: one example says more than a count, and ten
 * thousand lines of the same say less. The rest is in the file of `--rejects`.
 */
import { isCarried } from '../carried-rejects.js'
import { printable } from './printable.js'
import type { Record } from '../record.js'

/** Codes shown; a custom stage may invent as many as it likes. */
const shownCodes = 20

export interface FirstRejects {
  see: (record: Record) => void
  /** A line for each code, safe for a terminal. */
  lines: () => string[]
}

/**
 * `all`: also of those that came in marked. Six filters in a pipe should not tell of the same
 * bad line six times, and the last one should.
 */
export const firstRejects = (all: boolean): FirstRejects => {
  const first = new Map<string, string>()
  return {
    see: record => {
      const { code = 'unknown', message = '' } = record.reject ?? {}
      if (first.has(code) || first.size >= shownCodes) return
      if (!all && isCarried(record)) return
      const at = `${placeOf(record)}: ${whyOf(record, message)}`
      first.set(code, `rejected ${printable(code, 60)} at ${at}`)
    },
    lines: () => [...first.values()],
  }
}

/** `file:line`, or the id where there is none, safe for a terminal. */
export const placeOf = ({ id, seed }: Record): string => {
  const file = seed?.file ?? 'stdin'
  return printable(seed?.line === undefined ? id : `${file}:${seed.line}`, 200)
}

/** The message of a reject, safe for a terminal, and without the place that `parse` begins it with. */
export const whyOf = (record: Record, message: string): string => {
  const why = printable(message)
  const { file, line } = record.seed ?? {}
  // It knows no name for stdin.
  const begins = [
    `${placeOf(record)}: `,
    ...(file === undefined ? [`line ${line}: `] : []),
  ]
  const begun = begins.find(place => why.startsWith(place))
  return why.slice(begun?.length ?? 0)
}
