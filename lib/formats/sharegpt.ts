/**
 * ShareGPT: `{conversations: [{from, value}]}`, its speakers human and gpt, or user and
 * assistant; with turns of tools (function_call, observation) where a corpus has them.
 */
import { fault, kindOf, type Reader } from './conversation.js'
import { turnsOf } from './turns.js'

export const readSharegpt: Reader = row => {
  const list = row['conversations'] ?? row['conversation']
  return Array.isArray(list)
    ? turnsOf(list as unknown[], row['system'])
    : fault('unknown_format', `expected a list as conversations, got ${kindOf(list)}`)
}
