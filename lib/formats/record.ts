/**
 * Our own records, as `parse` and the stages after it write them. They go through as they are:
 * same id, unknown fields and their order kept.
 */
import type { z } from 'zod'
import { Record } from '../record.js'
import { fault, isObject, type Fault } from './conversation.js'

/** Has our id and our seed. A number named seed, as many corpora have, is another thing. */
export const isOwn = (value: unknown): value is Record =>
  isObject(value) && typeof value['id'] === 'string' && isObject(value['seed'])

/** The record itself and not a copy of it: zod would put known fields first. */
export const readRecord = (value: unknown): { record: Record } | Fault => {
  const checked = Record.safeParse(value)
  return checked.success
    ? { record: value as Record }
    : fault('bad_record', checked.error.issues.map(inWords).join('; '))
}

const inWords = ({ path, message }: z.core.$ZodIssue): string =>
  `${message} at ${path.join('.')}`
