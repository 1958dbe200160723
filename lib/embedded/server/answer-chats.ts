/**
 * From a chat request to its reply: a place to answer in, the opening that others share, then
 * one sample after another.
 */
import { randomInt } from 'node:crypto'
import { chatReply } from './chat-reply.js'
import type { ChatRequest } from './chat-request.js'
import { complete, type Completion } from './complete.js'
import { HttpError, tooLong } from './http-error.js'
import { preambleOf, type Preambles } from './preambles.js'
import type { Slots } from './slots.js'
import type { TextEngine } from './text-engine.js'

export interface Answering {
  modelName: string
  slots: Slots
  preambles: Preambles
}

/** Rejects with `HttpError`, with the signal's reason, or with what the engine throws. */
export const answerChats =
  (engine: TextEngine, { modelName, slots, preambles }: Answering) =>
  async (request: ChatRequest, signal: AbortSignal): Promise<object> => {
    const { contextLength } = engine
    const { model, messages, n, temperature, topP, stop, schema } = request
    if (model !== undefined && model !== modelName)
      throw new HttpError(404, `The model \`${model}\` does not exist.`, {
        type: 'NotFoundError',
        param: 'model',
      })
    const prompt = engine.encode(messages)
    const room = contextLength - prompt.length
    if (room <= 0) throw tooLong(contextLength, prompt.length)
    const grammar = schema && (await engine.grammar(schema))
    const seed = request.seed ?? randomInt(2 ** 31)
    const choices: Completion[] = []
    const slot = await slots.take(prompt, signal)
    try {
      await preambles.enter(slot, preambleOf(engine, messages, prompt), signal)
      // One after another, in the same place: the prompt is read once for all samples.
      for (let sample = 0; sample < n; sample++) {
        const drawing = { temperature, topP, seed: (seed + sample) >>> 0, grammar }
        const maxTokens = Math.min(request.maxTokens ?? Infinity, room)
        choices.push(
          await complete(engine, slot, prompt, { drawing, maxTokens, stop, signal }),
        )
      }
    } finally {
      slots.give(slot)
    }
    return chatReply(modelName, prompt.length, choices)
  }
