/**
 * Who speaks: the names that corpora use. Roles are taken from these names alone, never from
 * the position in the list (a leading system turn would swap user and assistant for the rest).
 */
import type { Said } from './conversation.js'

const names: { [role in Said['role']]: string[] } = {
  system: ['system', 'developer'],
  user: ['user', 'human', 'prompter'],
  assistant: [
    'assistant',
    'gpt',
    'chatgpt',
    'bing',
    'bard',
    'bot',
    'model',
    'ai',
    // The model asks for a tool: its side of the conversation.
    'function_call',
    'tool_call',
  ],
  tool: [
    'tool',
    'function',
    'observation',
    'tool_response',
    'function_response',
    'ipython',
  ],
}

const roles = new Map(
  Object.entries(names).flatMap(([role, known]) =>
    known.map(name => [name, role as Said['role']] as const),
  ),
)

/** Our role for a corpus's name of it, in any case; undefined for one we do not know. */
export const roleOf = (name: unknown): Said['role'] | undefined =>
  typeof name === 'string' ? roles.get(name.trim().toLowerCase()) : undefined
