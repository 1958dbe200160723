/**
 * A line of an OpenAI batch file: `{custom_id, method, url, body: {messages}}`, or with
 * `body.prompt` for a text completion. Sampling parameters in the body are not taken over.
 */
import { fault, isObject, kindOf, type Reader } from './conversation.js'
import { readMessages } from './messages.js'
import { readQuery } from './query.js'

export const readOpenaiBatch: Reader = row => {
  const body = row['body']
  if (!isObject(body))
    return fault('unknown_format', `expected an object as body, got ${kindOf(body)}`)
  if (Array.isArray(body['messages'])) return readMessages({ messages: body['messages'] })
  return typeof body['prompt'] === 'string'
    ? readQuery({ prompt: body['prompt'] })
    : fault('unknown_format', 'expected messages in body')
}
