/**
 * A prompt is instructions, worked examples and a user turn, in that order: what is the same for
 * every call comes first, byte for byte, so that a server's prefix cache holds it. Two worked
 * examples are worth more to a small model than any wording (measured on 135M and 0.5B models).
 */
import type { AnswerSchema, Message } from '../model/model.js'
import type { PromptTexts } from './own-texts.js'

export const promptNames = [
  'decompose',
  'question',
  'compose',
  'generate',
  'judge',
  'judge-one',
] as const
export type PromptName = (typeof promptNames)[number]

export interface Prompt<Input, Answer> {
  name: PromptName
  instructions: string
  examples: readonly Example<Input, Answer>[]
  /** The user turn. */
  render(input: Input): string
  /** The form of the answer; bounded everywhere, or a string rambles until the token limit. */
  schema(input: Input): AnswerSchema
  /** What a reply says, or undefined when it says nothing usable. */
  read(reply: string, input: Input): Answer | undefined
}

export interface Example<Input, Answer> {
  input: Input
  answer: Answer
}

/** The messages of a call, with the user's own texts in place of ours where there are any. */
export const messagesOf = <Input, Answer>(
  prompt: Prompt<Input, Answer>,
  input: Input,
  texts: PromptTexts = {},
): Message[] => {
  const own = texts[prompt.name]
  const examples =
    (own?.examples as typeof prompt.examples | undefined) ?? prompt.examples
  return [
    { role: 'system', content: own?.instructions ?? prompt.instructions },
    ...examples.flatMap((example): Message[] => [
      { role: 'user', content: prompt.render(example.input) },
      { role: 'assistant', content: JSON.stringify(example.answer) },
    ]),
    { role: 'user', content: prompt.render(input) },
  ]
}

/** Rounds a length up to a power of two: few different schemas, so a server can cache them. */
export const roomFor = (characters: number): number =>
  Math.max(256, 2 ** Math.ceil(Math.log2(Math.max(1, characters))))
