/**
 * The rows of the UltraIF reference, `{query, history}`, and Alpaca rows with a history: a
 * prompt and the turns before it. The history is a flat list (`{from, value}` or `{role,
 * content}`) or a list of `[user, assistant]` pairs.
 */
import { isFault, type Reader } from './conversation.js'
import { promptOf } from './query.js'
import { historyOf, withQuery } from './turns.js'

export const readUltraif: Reader = row => {
  const prompt = promptOf(row)
  if (typeof prompt !== 'string') return prompt
  const history = historyOf(row['history'], row['system'])
  return isFault(history) ? history : withQuery(history, prompt)
}
