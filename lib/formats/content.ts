/**
 * The text of one turn. Content comes as a string or as a list of parts; parts that are no text
 * (images, audio, files) have no place in a text prompt, and a turn without them would ask
 * something else, so they are a fault and never left out.
 */
import { fault, isObject, kindOf, type Fault, type Fields } from './conversation.js'

const textParts = new Set<unknown>(['text', 'input_text', 'output_text', undefined])

/** The text of a turn, with what it calls appended to it; `where` names it in messages. */
export const contentOf = (turn: Fields, where: string): string | Fault => {
  const text = textOf(turn['content'] ?? turn['value'], where)
  const calls = callsOf(turn)
  if (calls.length === 0) return text ?? fault('bad_history', `${where} has no text`)
  if (typeof text === 'object') return text
  return [...(text ? [text] : []), ...calls].join('\n')
}

const textOf = (content: unknown, where: string): string | Fault | undefined => {
  if (typeof content === 'string') return content
  if (content === undefined || content === null) return undefined
  if (!Array.isArray(content))
    return fault('bad_history', `expected text in ${where}, got ${kindOf(content)}`)
  const texts: string[] = []
  for (const part of content as unknown[])
    if (typeof part === 'string') texts.push(part)
    else if (!isObject(part) || !textParts.has(part['type']))
      return fault(
        'not_text',
        `${where} holds a part of type ${JSON.stringify(isObject(part) ? part['type'] : part)}`,
      )
    else if (typeof part['text'] === 'string') texts.push(part['text'])
    else return fault('bad_history', `a text part of ${where} has no text`)
  // As vLLM does for templates that take plain strings.
  return texts.join('\n')
}

/** OpenAI's tool calls as text, one a line: what ShareGPT corpora write as a function_call turn. */
const callsOf = (turn: Fields): string[] => {
  const listed = Array.isArray(turn['tool_calls'])
    ? (turn['tool_calls'] as unknown[])
    : []
  const called = listed.map(call => (isObject(call) ? (call['function'] ?? call) : call))
  return [...called, turn['function_call']]
    .filter(isObject)
    .map(call => JSON.stringify(call))
}
