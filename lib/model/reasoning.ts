/**
 * Keeps what a model thought apart from what it answered. A server with a reasoning parser does
 * that itself; without one the thoughts stand in the text, and a training row must not hold them.
 */
import { json } from './json.js'

export interface Split {
  text: string
  reasoning?: string
}

const open = '<think>'
const close = '</think>'

/**
 * Splits `<think>…</think>` off the start of a chat answer. An unclosed one leaves no answer: the
 * model was still thinking. A closing tag without an opening one counts too, as templates such as
 * DeepSeek-R1's and QwQ's put the opening tag into the prompt, but only on a line of its own:
 * an answer may well speak of the tag.
 */
export const splitThoughts = (text: string): Split => {
  const start = text.indexOf(open)
  const opens = start >= 0 && text.slice(0, start).trim() === ''
  const end = opens ? text.indexOf(close) : text.search(/^[ \t]*<\/think>[ \t]*$/m)
  if (end < 0) {
    return opens
      ? { text: '', reasoning: text.slice(start + open.length).trim() }
      : { text }
  }
  if (!opens && start >= 0 && start < end) return { text }
  const reasoning = text.slice(opens ? start + open.length : 0, end).trim()
  return {
    text: text.slice(text.indexOf(close, end) + close.length).trimStart(),
    ...(reasoning && { reasoning }),
  }
}

/**
 * vLLM with a reasoning parser over a template that does not think puts the whole answer into
 * `reasoning` and leaves `content` null (seen on 0.30 with `--reasoning-parser qwen3`). Whether it
 * is an answer or an unfinished thought the reply does not tell, so it is taken for one only
 * where it can be nothing else: thinking was switched off in the request, or a JSON answer was
 * asked for and this is one. Otherwise the answer is empty and the thoughts are kept.
 */
export const isMisplacedAnswer = (
  reasoning: string,
  finish: string,
  { thinkingOff, json }: { thinkingOff: boolean; json: boolean },
): boolean => finish === 'stop' && (thinkingOff || (json && isJsonObject(reasoning)))

const isJsonObject = (text: string): boolean =>
  /^\s*\{[^]*\}\s*$/.test(text) && json(text) !== undefined

/** Does this request body tell the template not to think? */
export const thinkingIsOff = (body: { [field: string]: unknown }): boolean => {
  const kwargs = body['chat_template_kwargs'] as
    { enable_thinking?: unknown; thinking?: unknown } | undefined
  return (
    kwargs?.enable_thinking === false ||
    kwargs?.thinking === false ||
    body['reasoning_effort'] === 'none'
  )
}
