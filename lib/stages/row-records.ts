/**
 * The records of one row: its prompts with their ids and seeds, or a reject that says why there
 * is none, with the file, the line and the text.
 */
import { hash } from 'node:crypto'
import { reject } from '../errors.js'
import {
  fault,
  isFault,
  isGiven,
  isObject,
  kindOf,
  type Conversation,
  type Fault,
  type Said,
} from '../formats/conversation.js'
import { readRow } from '../formats/detect.js'
import { promptsOf, type Prompt } from '../formats/prompts.js'
import { isOwn, readRecord } from '../formats/record.js'
import { sourceIdOf } from '../formats/source-id.js'
import { readText } from '../formats/text.js'
import type { Record, Seed } from '../record.js'
import type { ParseOptions } from './options.js'

/** Where a row stands. */
export interface Place {
  file?: string | undefined
  /** From 1, in its file. */
  line: number
  /** From 1, over all lines of the run's input. */
  ordinal: number
  /** The line as it came, or its beginning; for an object, its JSON, worked out when needed. */
  text: string | (() => string)
  /** SHA-256 of the whole line in hex, where `text` is only its beginning. */
  digest?: string
}

/** A JSON value in the format asked for. `note` counts what was put right on the way. */
export const recordsOfJson = (
  value: unknown,
  place: Place,
  { format, turns }: ParseOptions,
  note: (name: string) => void,
): Record[] => {
  if (format === 'record' || (format === 'auto' && isOwn(value))) {
    const own = readRecord(value, typeof place.text === 'string' ? place.text : undefined)
    return [isFault(own) ? rejected(place, own) : own.record]
  }
  // A JSON string is a prompt: what `jq .prompt` writes.
  if (typeof value === 'string' && format === 'auto')
    return recordsOf(readText(value), place, turns, note)
  if (!isObject(value)) {
    const got = `expected a JSON object, got ${kindOf(value)}`
    const hint = Array.isArray(value) ? '; for one object a line: jq -c ".[]"' : ''
    return [rejected(place, fault('not_an_object', got + hint))]
  }
  // Plain text was asked for, but an object came by way of the library: its shape tells.
  const read = readRow(value, format === 'text' ? 'auto' : format)
  const id = sourceIdOf(value, typeof place.text === 'string' ? place.text : undefined)
  if (isFault(read)) return [rejected(place, read, id)]
  if (addedByStages.some(field => isGiven(value[field]))) note('parse.not_a_record')
  return recordsOf(read, place, turns, note, id)
}

/**
 * Fields of a record that no corpus shape reads. Where they stand without our id and seed, they
 * may be somebody's own, and are left out as all others are; but who meant them should know.
 */
const addedByStages = [
  'constraints',
  'decomposed',
  'passes',
  'questions',
  'responses',
] as const satisfies (keyof Record)[]

/** A line of plain text. */
export const recordsOfText = (
  text: string,
  place: Place,
  { turns }: ParseOptions,
  note: (name: string) => void,
): Record[] => recordsOf(readText(text), place, turns, note)

const recordsOf = (
  conversation: Conversation,
  place: Place,
  which: ParseOptions['turns'],
  note: (name: string) => void,
  sourceId?: Seed['id'],
): Record[] => {
  const { turns } = conversation
  const id = `${turns.length > 0 ? contentHash(turns) : lineHash(place)}-${place.ordinal}`
  return promptsOf(conversation, which).map(prompt => {
    if (isFault(prompt))
      return rejectedAs(turnId(id, prompt.turn), place, prompt, sourceId)
    if (prompt.repaired) note('history_repaired')
    return recordOf(turnId(id, prompt.turn), prompt, place, sourceId)
  })
}

/** Fields in the order they are written in; absent ones absent, for no `undefined` may be seen. */
const recordOf = (
  id: string,
  { query, history, system }: Prompt,
  place: Place,
  sourceId: Seed['id'],
): Record => {
  const record = { id, query } as Record
  if (history.length > 0) record.history = history
  if (system !== undefined) record.system = system
  record.seed = seedOf(place, query, sourceId)
  return record
}

/** A record of a row that could not be read. Its raw text is the line, or the beginning of a long one. */
export const rejected = (place: Place, why: Fault, sourceId?: Seed['id']): Record =>
  rejectedAs(`${lineHash(place)}-${place.ordinal}`, place, why, sourceId)

const rejectedAs = (
  id: string,
  place: Place,
  { code, message }: Fault,
  sourceId: Seed['id'],
): Record => ({
  id,
  query: '',
  seed: seedOf(place, '', sourceId),
  reject: reject('parse', code, `${whereOf(place)}: ${message}`, textOf(place)),
})

const seedOf = ({ file, line }: Place, query: string, id: Seed['id']): Seed => {
  const seed = (id === undefined ? { query } : { id, query }) as Seed
  if (file !== undefined) seed.file = file
  seed.line = line
  return seed
}

/** The first human turn has no suffix, so that an id does not depend on `--turns`. */
const turnId = (id: string, turn: number): string => (turn === 1 ? id : `${id}.t${turn}`)

const hashDigits = 16

const sha256 = (text: string): string => hash('sha256', text, 'hex')

/** The same for the same words, whatever corpus shape they come in and whatever stands beside them. */
const contentHash = (turns: Said[]): string => {
  let content = ''
  for (const turn of turns) content += `${turn.role}\n${turn.content}\0`
  return sha256(content).slice(0, hashDigits)
}

/** For what holds no content that could be read. */
const lineHash = (place: Place): string =>
  (place.digest ?? sha256(textOf(place))).slice(0, hashDigits)

const textOf = ({ text }: Place): string => (typeof text === 'string' ? text : text())

const whereOf = ({ file, line }: Place): string =>
  file === undefined ? `line ${line}` : `${file}:${line}`
