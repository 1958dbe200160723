/**
 * Data inside a prompt stands between tags on lines of their own. A text that holds one of our
 * tags, or a marker of a chat template, is disarmed on the way in and restored on the way out, so
 * that no prompt and no response can close its own block, or its whole turn, and speak for us.
 */
import type { Turn } from '../record.js'

export const tagNames = [
  'conversation',
  'prompt',
  'constraint',
  'kind',
  'checks',
  'response',
  'questions',
  'question',
] as const
export type TagName = (typeof tagNames)[number]

/** One of our tags, in any spelling that a model might take for it. */
const tag = `\\s*(?:/\\s*)?(?:${tagNames.join('|')})\\b`
/**
 * What ends turns and begins others in the templates of Llama, Qwen, Phi, DeepSeek, Gemma and
 * Mistral. A server's tokenizer knows it in the middle of a text as well.
 */
const marker =
  '\\|[^\\s<>|]{1,40}\\|>|｜[^\\s<>｜]{1,40}｜>|/s>|(?:start|end)_of_turn>|/?(?:INST|SYSTEM_PROMPT|TOOL_CALLS|TOOL_RESULTS|AVAILABLE_TOOLS)\\]'
const name = `(?=${tag}|${marker})`
const ours = new RegExp(`([<[])(\\\\*)${name}`, 'gi')
const disarmed = new RegExp(`([<[])\\\\(\\\\*)${name}`, 'gi')

/** `<prompt>`, the text, `</prompt>`, each on its own line. */
export const tagged = (name: TagName, text: string): string =>
  `<${name}>\n${text.replace(ours, '$1\\$2')}\n</${name}>`

/** Undoes `tagged`'s escaping in text that a model copied out of its prompt. */
export const restoreTags = (text: string): string => text.replace(disarmed, '$1$2')

/** Earlier turns as one block, or nothing when there are none. */
export const conversation = (
  system: string | undefined,
  history: readonly Turn[] | undefined,
): string[] => {
  const turns = [
    ...(system ? [`system: ${system}`] : []),
    ...(history ?? []).map(turn => `${turn.role}: ${turn.content}`),
  ]
  return turns.length === 0 ? [] : [tagged('conversation', turns.join('\n\n'))]
}
