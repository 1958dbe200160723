/**
 * The judge, one question a call: dearer and better. One published measurement has a judge catch
 * 59 % of hard violations this way and 31 % with all questions in one call (arXiv 2601.04954).
 */
import type { Turn } from '../record.js'
import { judgeRules, mayBeQuoted, readVerdict, verdictSchema } from './judge.js'
import { readJson } from './read-json.js'
import type { Prompt } from './prompt.js'
import { conversation, tagged } from './tags.js'
import { schemaOf } from './schema-of.js'

export interface JudgeOneInput {
  prompt: string
  response: string
  question: string
  system?: string | undefined
  history?: readonly Turn[] | undefined
}

export type JudgeOneAnswer = {
  why: string
  answer: 'yes' | 'no'
}

export const judgeOnePrompt: Prompt<JudgeOneInput, JudgeOneAnswer> = {
  name: 'judge-one',
  instructions: `You check a response against one question.

You are given a prompt, sometimes the conversation before it, a question, and a response to the prompt.
${judgeRules}

Reply with JSON only: {"why": "…", "answer": "yes"}.`,
  examples: [
    {
      input: {
        prompt: 'Suggest two names for a grey cat. Answer in capital letters.',
        response: 'ASH, SMOKEY, PEBBLE',
        question: 'Does the response suggest exactly two names?',
      },
      answer: { why: 'It gives three names: ASH, SMOKEY, PEBBLE.', answer: 'no' },
    },
    {
      input: {
        prompt: 'In one sentence, say why the sky is blue, for a child.',
        response:
          'Sunlight has all colours in it, and the air tosses the blue part around most!',
        question: 'Is the response exactly one sentence?',
      },
      answer: {
        why: 'There is one sentence, ending in one exclamation mark.',
        answer: 'yes',
      },
    },
  ],
  render: ({ prompt, response, question, system, history }) =>
    [
      ...conversation(system, history),
      tagged('prompt', prompt),
      tagged('question', question),
      tagged('response', response),
    ].join('\n'),
  schema: () => schema(),
  read: (reply, { response }) => {
    const reading = readJson(reply, { fits: isVerdict })
    if (!reading || mayBeQuoted(reading, response, isVerdict)) return undefined
    const verdict = readVerdict(reading.value)
    // A second verdict that says otherwise, or that cannot be read, leaves none.
    if (!reading.rivals.every(rival => readVerdict(rival)?.answer === verdict?.answer))
      return undefined
    const doubled =
      (reply.match(/"answer"\s*:/g)?.length ?? 0) > 1 + reading.rivals.length
    return doubled ? undefined : verdict
  },
}

const schema = schemaOf('ultraif_verdict', () => verdictSchema)

const isVerdict = (value: unknown): boolean => readVerdict(value) !== undefined
