/**
 * The first reject of each code, for people: one example says more than a count, and ten
 * thousand lines of the same say less. The rest is in the file of `--rejects`.
 */
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
 * `isNews` tells a reject of this process from one that was marked before it came here: six
 * filters in a pipe should not tell of the same bad line six times.
 */
export const firstRejects = (isNews: (stage: string) => boolean): FirstRejects => {
  const first = new Map<string, string>()
  return {
    see: record => {
      const { stage = '', code = 'unknown', message = '' } = record.reject ?? {}
      if (first.has(code) || first.size >= shownCodes || !isNews(stage)) return
      first.set(
        code,
        `rejected ${printable(code, 60)} at ${placeOf(record)}: ${printable(message)}`,
      )
    },
    lines: () => [...first.values()],
  }
}

const placeOf = ({ id, seed }: Record): string => {
  const file = seed?.file ?? 'stdin'
  return printable(seed?.line === undefined ? id : `${file}:${seed.line}`, 200)
}
