/**
 * A prompt is instructions, worked examples and a user turn, in that order: what is the same for
 * every call comes first, byte for byte, so that a server's prefix cache holds it. Two worked
 * examples are worth more to a small model than any wording (measured on 135M and 0.5B models).
 */
import { Failure } from '../errors.js'
import type { AnswerSchema, Message } from '../model/model.js'
import { shared } from '../model/shared-json.js'
import { readOwnTexts, type PromptName, type PromptTexts } from './own-texts.js'

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
  texts: PromptTexts = ours,
): Message[] => [
  ...openingOf(prompt, texts),
  { role: 'user', content: prompt.render(input) },
]

const ours: PromptTexts = {}

/** What every call of a prompt opens with, worked out once. */
const openingOf = <Input, Answer>(
  prompt: Prompt<Input, Answer>,
  texts: PromptTexts,
): readonly Message[] => {
  const known = openings.get(texts) ?? new Map<object, readonly Message[]>()
  const opening = known.get(prompt) ?? writeOpening(prompt, texts)
  openings.set(texts, known.set(prompt, opening))
  return opening
}

const openings = new WeakMap<PromptTexts, Map<object, readonly Message[]>>()

const writeOpening = <Input, Answer>(
  prompt: Prompt<Input, Answer>,
  texts: PromptTexts,
): Message[] => {
  const own = texts[prompt.name]
  const examples =
    (own?.examples as typeof prompt.examples | undefined) ?? prompt.examples
  const opening: Message[] = [
    { role: 'system', content: own?.instructions ?? prompt.instructions },
    ...examples.flatMap((example): Message[] => [
      { role: 'user', content: prompt.render(example.input) },
      { role: 'assistant', content: JSON.stringify(example.answer) },
    ]),
  ]
  return opening.map(shared)
}

/**
 * Own texts for these prompts, looked at before the first call: an example that its prompt cannot
 * show, or whose answer it would not take, would fail on every record.
 * Throws `Failure` `usage`.
 */
export const ownTextsFor = (
  dir: string | undefined,
  ...prompts: Prompt<any, any>[]
): PromptTexts => {
  const texts = readOwnTexts(dir)
  for (const prompt of prompts) {
    for (const [i, { input, answer }] of (texts[prompt.name]?.examples ?? []).entries()) {
      if (!takes(prompt, input, answer)) {
        throw new Failure(
          'usage',
          `--prompts: example ${i + 1} of ${prompt.name} does not have the form of ours: ` +
            `expected ${JSON.stringify(prompt.examples[0])}, got ${JSON.stringify({ input, answer })}`,
        )
      }
    }
  }
  return texts
}

const takes = (prompt: Prompt<any, any>, input: unknown, answer: unknown): boolean => {
  try {
    prompt.render(input)
    return prompt.read(JSON.stringify(answer), input) !== undefined
  } catch {
    return false
  }
}

/** Rounds a length up to a power of two: few different schemas, so a server can cache them. */
export const roomFor = (characters: number): number =>
  Math.max(256, 2 ** Math.ceil(Math.log2(Math.max(1, characters))))
