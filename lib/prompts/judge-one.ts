/**
 * The judge, one question a call: dearer and better. One published measurement has a judge catch
 * 59 % of hard violations this way and 31 % with all questions in one call (arXiv 2601.04954).
 */
import type { Turn } from '../record.js'
import { judgeRules, readVerdict, verdictSchema } from './judge.js'
import { readJson } from './read-json.js'
import type { Prompt } from './prompt.js'
import { conversation, tagged } from './tags.js'

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

You are given a prompt, sometimes the conversation before it, a response to the prompt, and a question about the response.
${judgeRules}

Reply with JSON only: {"why": "…", "answer": "yes"}.`,
  examples: [
    {
      input: {
        prompt: 'Suggest two names for a grey cat. Answer in capital letters.',
        response: 'ASH, SMOKEY and PEBBLE',
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
      tagged('response', response),
      tagged('question', question),
    ].join('\n'),
  schema: () => ({ name: 'ultraif_verdict', schema: verdictSchema }),
  read: reply => {
    const reading = readJson(reply, { fits: value => readVerdict(value) !== undefined })
    const verdict = readVerdict(reading?.value)
    // A second verdict that says otherwise, or that cannot be read, leaves none.
    return reading?.rivals.every(rival => readVerdict(rival)?.answer === verdict?.answer)
      ? verdict
      : undefined
  },
}
