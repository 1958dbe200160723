/**
 * The corpus's own id of a row, which travels along as `seed.id`. Its type is kept, but for
 * integers beyond 2^53: those become the string of their digits, since a double would round them.
 */
import { numberLiteral } from '../jsonl/number-literal.js'
import type { Fields } from './conversation.js'

/** Names an id goes by, most telling first; `key` is IFEval's, `custom_id` OpenAI's batch files'. */
const idFields = [
  'custom_id',
  'id',
  'key',
  'question_id',
  'uuid',
  'prompt_id',
  'conversation_id',
  'conv_id',
  'uid',
  '_id',
]

/** `text` is the line the row was parsed from, where there is one. */
export const sourceIdOf = (row: Fields, text?: string): string | number | undefined => {
  for (const field of idFields) {
    const id = row[field]
    if (typeof id === 'string' && id !== '') return id
    if (typeof id !== 'number') continue
    if (Math.abs(id) <= Number.MAX_SAFE_INTEGER) return id
    return (text && numberLiteral(text, field)) ?? String(id)
  }
  return undefined
}
