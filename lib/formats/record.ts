/**
 * Our own records, as `parse` and the stages after it write them. They go through as they are:
 * same id, unknown fields and their order kept.
 */
import type { z } from 'zod'
import { jsonProblem } from '../jsonl/plain-json.js'
import { Record } from '../record.js'
import { fault, isObject, type Fault } from './conversation.js'

/** Has our id and our seed. A number named seed, as many corpora have, is another thing. */
export const isOwn = (value: unknown): value is Record =>
  isObject(value) && typeof value['id'] === 'string' && isObject(value['seed'])

/** The record itself and not a copy of it: zod would put known fields first. */
export const readRecord = (value: unknown): { record: Record } | Fault => {
  const checked = Record.safeParse(value)
  if (!checked.success)
    return fault('bad_record', checked.error.issues.map(inWords).join('; '))
  // 1e400 is JSON, and becomes a number that is none.
  const problem = jsonProblem(value)
  return problem
    ? fault('bad_record', `${problem} cannot be written again`)
    : { record: value as Record }
}

const inWords = ({ path, message }: z.core.$ZodIssue): string =>
  `${message} at ${path.join('.')}`
