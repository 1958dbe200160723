/**
 * OpenAI chat: `{messages: [{role, content}]}`, and TRL's form of it, where `prompt` is the
 * list. Answers after the wanted turn are not used.
 */
import { fault, kindOf, type Reader } from './conversation.js'
import { turnsOf } from './turns.js'

export const readMessages: Reader = row => {
  const list = row['messages'] ?? row['prompt']
  return Array.isArray(list)
    ? turnsOf(list as unknown[], row['system'])
    : fault('unknown_format', `expected a list as messages, got ${kindOf(list)}`)
}
