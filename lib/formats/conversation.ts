/**
 * The normal form of every corpus shape: what was said, in order, under our own role names. A
 * reader stops at the first turn that it cannot read, since the turns before it may be all that
 * is wanted.
 */
import { rejectCodes, type RejectCode } from '../codes.js'

export interface Said {
  role: 'system' | 'user' | 'assistant' | 'tool'
  content: string
}

/** Why a row, or the rest of a conversation, cannot be used. */
export interface Fault {
  code: RejectCode
  message: string
}

export interface Conversation {
  turns: Said[]
  /** Set where a turn could not be read: `turns` ends before it. */
  broken?: Fault & {
    /** That turn, or a later one, is or may be the user's. */
    userAfter: boolean
  }
}

/** A row as parsed. A reader is given one that fits its shape, and answers with a fault if it does not. */
export type Fields = { [key: string]: unknown }
export type Reader = (row: Fields) => Conversation | Fault

export const fault = (
  code: RejectCode,
  message: string = rejectCodes[code].means,
): Fault => ({
  code,
  message,
})

export const halfCharacter = (where: string): Fault =>
  fault(
    'bad_encoding',
    `${where} holds half a character (a lone surrogate), which UTF-8 cannot carry`,
  )

export const isFault = (result: object): result is Fault => 'code' in result

export const isObject = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Corpora write "not given" as a missing field, as null and as "". */
export const isGiven = (value: unknown): boolean =>
  value !== undefined && value !== null && value !== ''

/** What a value is, for a message to a person. */
export const kindOf = (value: unknown): string => {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'a list'
  if (value === undefined) return 'nothing'
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`
}
