/**
 * Our own records, as `parse` and the stages after it write them. They go through as they are:
 * same id, unknown fields and their order kept.
 */
import type { z } from 'zod'
import { noteCarried } from '../carried-rejects.js'
import { jsonProblem } from '../jsonl/plain-json.js'
import { isWellFormed } from '../jsonl/well-formed.js'
import { Record } from '../record.js'
import { fault, halfCharacter, isObject, type Fault } from './conversation.js'
import { withoutNulls } from './without-nulls.js'

/** Has our id and our seed. A number named seed, as many corpora have, is another thing. */
export const isOwn = (value: unknown): value is Record =>
  isObject(value) && typeof value['id'] === 'string' && isObject(value['seed'])

/**
 * The record itself and not a copy of it: zod would put known fields first. `text` is the line it
 * was parsed from, where there is one.
 */
export const readRecord = (given: unknown, text?: string): { record: Record } | Fault => {
  // Before zod: it measures whatever has a length, and throws where that is no number.
  if (isObject(given) && isObject(given['id']))
    return fault('bad_record', 'expected text at id, got an object')
  const { value, issues } = checked(given)
  if (issues.length > 0) return fault('bad_record', inWords(issues))
  // 1e400 is JSON, and becomes a number that is none.
  const problem = jsonProblem(value)
  if (problem) return fault('bad_record', `${problem} cannot be written again`)
  const record = value as Record
  noteCarried(record)
  if (record.reject || (text !== undefined && !halfEscape.test(text))) return { record }
  const half = halfCharacterIn(record)
  return half === undefined ? { record } : halfCharacter(half)
}

/**
 * What the schema has against a record. Data frames write null for what a row lacks: where that
 * is all, it is a record without those fields.
 */
const checked = (given: unknown): { value: unknown; issues: z.core.$ZodIssue[] } => {
  const { error } = Record.safeParse(given)
  if (!error) return { value: given, issues: [] }
  const value = withoutNulls(
    given,
    error.issues.map(({ path }) => path),
  )
  const { issues = [] } = Record.safeParse(value).error ?? {}
  const still = new Set(issues.map(placeOf))
  return { value, issues: error.issues.filter(issue => still.has(placeOf(issue))) }
}

const placeOf = ({ path }: z.core.$ZodIssue): string => path.join('.')

/** Bytes that are UTF-8 hold half a character in no other way. */
const halfEscape = /\\u[dD][89a-fA-F]/

/**
 * Which text of a record, of those that models or trainers get to read, holds half a character;
 * undefined where none does.
 */
const halfCharacterIn = ({
  query,
  system = '',
  seed,
  decomposed = '',
  ...record
}: Record): string | undefined => {
  const { history, constraints, passes, questions, responses } = record
  const single = Object.entries({ query, system, decomposed, 'seed.query': seed.query })
  const listed = Object.entries({ history, constraints, passes, questions, responses })
  return (
    single.find(([, text]) => !isWellFormed(text))?.[0] ??
    listed
      .flatMap(([name, items = []]) =>
        items.map((item, i) => ({ at: `${name}.${i}`, item })),
      )
      .find(({ item }) => Object.values(item).some(isHalf))?.at
  )
}

const isHalf = (value: unknown): boolean =>
  typeof value === 'string' && !isWellFormed(value)

/** As many as anybody reads: a list of questions may hold ten thousand that are none. */
const shownIssues = 8

const inWords = (issues: readonly z.core.$ZodIssue[]): string => {
  const shown = issues
    .slice(0, shownIssues)
    .map(issue => `${issue.message} at ${placeOf(issue)}`)
  const more = issues.length - shown.length
  return [...shown, ...(more > 0 ? [`and ${more} more`] : [])].join('; ')
}
