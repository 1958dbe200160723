/** Answers as the body of a `chat.completion`, with what they cost. */
import { randomUUID } from 'node:crypto'
import type { Completion } from './complete.js'

export const chatReply = (
  model: string,
  promptTokens: number,
  choices: Completion[],
): object => {
  const completionTokens = choices.reduce((sum, { tokens }) => sum + tokens, 0)
  return {
    id: `chatcmpl-${randomUUID()}`,
    object: 'chat.completion',
    created: Math.floor(Date.now() / 1000),
    model,
    choices: choices.map(({ text, finish, stopReason }, index) => ({
      index,
      message: { role: 'assistant', content: text },
      logprobs: null,
      finish_reason: finish,
      stop_reason: stopReason,
    })),
    usage: {
      prompt_tokens: promptTokens,
      completion_tokens: completionTokens,
      total_tokens: promptTokens + completionTokens,
    },
  }
}
