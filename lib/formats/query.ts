/**
 * One prompt a row: `{query}`, `{prompt}`, `{instruction}` with or without `{input}`, or
 * `{question}`. Whatever else the row holds (answers, scores, a history) is not used.
 */
import {
  fault,
  isGiven,
  kindOf,
  type Fault,
  type Fields,
  type Reader,
} from './conversation.js'
import { withQuery } from './turns.js'

/** Where a prompt may stand; the first that is there is taken. */
export const promptFields = ['query', 'prompt', 'instruction', 'question'] as const

/** The field of the row that holds its prompt. */
export const promptField = (row: Fields): string | undefined =>
  promptFields.find(field => isGiven(row[field])) ??
  promptFields.find(field => row[field] === '')

/** The prompt of a row: `instruction` and `input` with a blank line between, as self-instruct has it. */
export const promptOf = (row: Fields): string | Fault => {
  const field = promptField(row)
  if (!field) return fault('unknown_format', `expected one of ${promptFields.join(', ')}`)
  const prompt = row[field]
  if (typeof prompt !== 'string')
    return fault('unknown_format', `expected text as ${field}, got ${kindOf(prompt)}`)
  const input = field === 'instruction' ? row['input'] : undefined
  if (!isGiven(input) || input === '<noinput>') return prompt
  if (typeof input !== 'string')
    return fault('unknown_format', `expected text as input, got ${kindOf(input)}`)
  return prompt === '' ? input : `${prompt}\n\n${input}`
}

export const readQuery: Reader = row => {
  const prompt = promptOf(row)
  return typeof prompt === 'string' ? withQuery({ turns: [] }, prompt) : prompt
}
