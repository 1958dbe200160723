/**
 * What calls must have in common to share a request, as text: the key of a map. It is made for
 * every call while batching is on, so it is put together from numbers; the larger parts (schema,
 * further fields) are hashed once an object, and our prompts keep theirs.
 *
 * The seed is no part of it: consecutive ones make `n` samples, and greedy calls draw nothing.
 */
import { createHash } from 'node:crypto'
import type { ModelCall } from '../model.js'
import { type BatchSetting, groupSize } from './group-size.js'

/**
 * Undefined for a call that goes by itself. `owner` is whoever writes the body (one a model and
 * role): calls of different owners never meet.
 */
export const groupKeyOf = (
  { prompt, sampling, schema, extra }: ModelCall,
  owner: object,
  batch: BatchSetting,
): string | undefined => {
  if (groupSize(batch, sampling.maxTokens) < 2 || (extra && setsTheForm(extra)))
    return undefined
  const { temperature, topP, maxTokens, n = 1, stop } = sampling
  const kind = prompt === undefined ? 'chat' : 'text'
  // Several samples each of several chats: no route takes that.
  if (kind === 'chat' && n > 1) return undefined
  let key = `${numberOf(owner)} ${kind} ${temperature} ${topP} ${maxTokens} ${n}`
  if (stop?.length) key += ` stop ${JSON.stringify(stop)}`
  if (schema) key += ` schema ${schema.name} ${hashOf(schema.schema)}`
  if (extra) key += ` extra ${hashOf(extra)}`
  return key
}

/** Fields that decide what a request asks and how it is answered, or that the batch route drops. */
const formFields = [
  'model',
  'messages',
  'prompt',
  'n',
  'stream',
  'echo',
  'suffix',
  'best_of',
  'use_beam_search',
  'tools',
  'tool_choice',
] as const

/** Such fields in a call or in the user's body: vLLM would ignore some without a word. */
export const setsTheForm = (fields: { [field: string]: unknown }): boolean =>
  formFields.some(field => field in fields)

const numbers = new WeakMap<object, number>()
let owners = 0
const numberOf = (owner: object): number => {
  let number = numbers.get(owner)
  if (number === undefined) numbers.set(owner, (number = ++owners))
  return number
}

const hashes = new WeakMap<object, string>()
/** By content, remembered by identity: equal schemas are often built anew for each call. */
const hashOf = (value: object): string => {
  let hash = hashes.get(value)
  if (hash === undefined) {
    hash = createHash('sha256').update(JSON.stringify(value)).digest('base64url')
    hashes.set(value, hash)
  }
  return hash
}
