/**
 * A list of turns to what was said, whatever the field names: `{role, content}` (OpenAI),
 * `{from, value}` (ShareGPT), or pairs `[user, assistant]` (LLaMA-Factory's history).
 */
import {
  fault,
  halfCharacter,
  isObject,
  kindOf,
  type Conversation,
  type Fault,
  type Said,
} from './conversation.js'
import { contentOf } from './content.js'
import { isWellFormed } from '../jsonl/well-formed.js'
import { roleOf } from './roles.js'

/** Reads until the first turn that makes no sense. */
export const turnsOf = (list: unknown[], system?: unknown): Conversation => {
  const turns = systemTurn(system)
  if (!turns.every(({ content }) => isWellFormed(content))) return brokenSystem
  for (let i = 0; i < list.length; i++) {
    const turn = turnOf(list[i], `turn ${i + 1}`)
    if ('code' in turn)
      return { turns, broken: { ...turn, userAfter: list.slice(i).some(mayBeUser) } }
    turns.push(turn)
  }
  return { turns }
}

/** A history, as a flat list of turns or as pairs; nothing at all is an empty one. */
export const historyOf = (history: unknown, system?: unknown): Conversation | Fault => {
  if (history === undefined || history === null) return turnsOf([], system)
  if (!Array.isArray(history))
    return fault('bad_history', `expected a list as history, got ${kindOf(history)}`)
  return turnsOf((history as unknown[]).flatMap(unpaired), system)
}

/** The row's own prompt after its history. */
export const withQuery = (conversation: Conversation, query: string): Conversation => {
  const { turns, broken } = conversation
  if (broken) return { turns, broken: { ...broken, userAfter: true } }
  return turnsAnd(turns, query)
}

const turnsAnd = (turns: Said[], content: string): Conversation =>
  isWellFormed(content)
    ? { turns: [...turns, { role: 'user', content }] }
    : { turns, broken: { ...halfCharacter('the prompt'), userAfter: true } }

const brokenSystem: Conversation = {
  turns: [],
  broken: { ...halfCharacter('the system prompt'), userAfter: true },
}

const systemTurn = (system: unknown): Said[] =>
  typeof system === 'string' && system.trim() !== ''
    ? [{ role: 'system', content: system }]
    : []

const turnOf = (turn: unknown, where: string): Said | Fault => {
  if (!isObject(turn))
    return fault('bad_history', `expected an object as ${where}, got ${kindOf(turn)}`)
  const name = turn['role'] ?? turn['from']
  const role = roleOf(name)
  if (!role)
    return fault('bad_history', `${where} has an unknown role: ${JSON.stringify(name)}`)
  const content = contentOf(turn, `${where} (${role})`)
  if (typeof content !== 'string') return content
  return isWellFormed(content) ? { role, content } : halfCharacter(where)
}

/** A turn that cannot be read may still say whose it was; one that does not may be anybody's. */
const mayBeUser = (turn: unknown): boolean => {
  const role = isObject(turn) ? roleOf(turn['role'] ?? turn['from']) : undefined
  return role === undefined || role === 'user'
}

const unpaired = (turn: unknown): unknown[] =>
  Array.isArray(turn) && turn.length === 2
    ? [
        { role: 'user', content: turn[0] as unknown },
        { role: 'assistant', content: turn[1] as unknown },
      ]
    : [turn]
