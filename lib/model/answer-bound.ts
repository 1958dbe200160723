/**
 * How large an answer may be. A server or a proxy gone wrong can send without an end, hundreds of
 * calls are in flight, and every answer is held whole: the bound is what the tokens that were
 * asked for can come to.
 */
import type { Body } from './wire.js'

/** Of any answer: n = 128 of 32,000 tokens is some 16 MB. */
export const mostAnswerBytes = 64 * 1024 * 1024

/** What stands around the text, an error page in its place. */
const envelopeBytes = 256 * 1024

/** The longest in any vocabulary are runs of 128 spaces; a token is 4 or 5 bytes as a rule. */
const bytesPerToken = 512

/** Fields, given by the user, that make answers long for another reason than their tokens. */
const bulky = /logprobs|^return_|^echo$/

/** For the answer to `body`, which asks for so many sequences. */
export const answerBound = (body: Body, sequences: number): number => {
  const asked = [body['max_tokens'], body['max_completion_tokens']].filter(isCount)
  if (asked.length === 0 || Object.keys(body).some(field => bulky.test(field)))
    return mostAnswerBytes
  const tokens = sequences * Math.max(...asked)
  return Math.min(mostAnswerBytes, envelopeBytes + bytesPerToken * tokens)
}

/** Of tokens; -1 is no bound, as some servers have it. */
const isCount = (value: unknown): value is number =>
  typeof value === 'number' && value > 0
