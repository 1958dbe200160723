/**
 * UltraComposer's own form, input and output, as its training data has it (see the paper,
 * appendix B, and the released rows): a raw completion under a bare Llama 3 template, since the
 * chat template of Llama 3.1 would add a system block that the model was never trained with.
 */
import type { Turn } from '../record.js'
import { pythonRepr } from '../formats/python-repr.js'
import { readJson } from './read-json.js'

export const trainedStop = ['<|eot_id|>']

/** The user turn: history as Python prints it, a space, a line break, a space, the query. */
export const trainedInput = (query: string, history: readonly Turn[] = []): string =>
  `[history]: ${pythonRepr(
    history.map(turn => ({
      from: turn.role === 'assistant' ? 'gpt' : 'human',
      value: turn.content,
    })),
  )} \n [initial query]: ${query}`

/**
 * The whole prompt for `/v1/completions`, to be sent with `add_special_tokens: false`: it starts
 * with the BOS token itself. Template tokens in the data are disarmed, or they would be obeyed.
 */
export const trainedPrompt = (query: string, history?: readonly Turn[]): string =>
  '<|begin_of_text|><|start_header_id|>user<|end_header_id|>\n\n' +
  trainedInput(query, history).trim().replace(templateToken, '< |') +
  '<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\n'

const templateToken = /<\|(?=[a-z_0-9]+\|>)/g
const disarmedToken = /< \|(?=[a-z_0-9]+\|>)/g

/** The target as JSON on one line, and what a reply of the trained model says. */
export const trainedOutput = (query: string, question: string): string =>
  `{"augmented query": ${JSON.stringify(query)}, "question": [${JSON.stringify(question)}]}`

export const readTrained = (
  reply: string,
): { prompt: string; question: string } | undefined => {
  const value = readJson(reply, { fits: isTrained })?.value
  if (!isTrained(value)) return undefined
  // Two questions are two constraints, of which one would never be judged.
  const question =
    Array.isArray(value.question) && value.question.length === 1
      ? value.question[0]
      : value.question
  if (typeof question !== 'string') return undefined
  return {
    prompt: value['augmented query'].trim().replace(disarmedToken, '<|'),
    question: question.trim(),
  }
}

const isTrained = (
  value: unknown,
): value is { 'augmented query': string; question: unknown } =>
  typeof (value as { 'augmented query'?: unknown } | null)?.['augmented query'] ===
  'string'
