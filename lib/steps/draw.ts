/**
 * Sample k of a record. Single calls rather than one with `n`: they share the prompt through the
 * server's prefix cache, and no finished sample's slot waits for the slowest of its siblings.
 * Sample k is asked with seed + k, so that both forms give the same texts, and so that it is the
 * same sample whether all K are drawn at once or in waves.
 */
import { rejectFor } from '../errors.js'
import type { Model, Outcome } from '../model/model.js'
import { generateMessages } from '../prompts/generate.js'
import { readOwnTexts } from '../prompts/own-texts.js'
import { ordinalOf, type Record, type Response } from '../record.js'
import { wireSeed } from '../seed.js'
import type { GenerateOptions } from '../stages/options.js'

/** Draws sample `k` of one record. */
export type Draw = (k: number) => Promise<Outcome>

/** @throws Failure on prompt texts it cannot read */
export const drawing = (
  model: Model,
  { temperature, topP, maxTokens, seed, prompts }: GenerateOptions,
): ((record: Record) => Draw) => {
  const texts = readOwnTexts(prompts)
  const base = wireSeed(seed, { stage: 'generate' })
  return record => {
    const messages = generateMessages(record, texts)
    const rank = ordinalOf(record.id)
    return k =>
      model.call({
        label: 'generate',
        rank,
        messages,
        sampling: {
          temperature,
          topP,
          maxTokens,
          seed: base === undefined ? undefined : base + k,
        },
      })
  }
}

/** A sample whose call failed has `finish: "error"` and is never judged. */
export const responseOf = (outcome: Outcome): Response => {
  if (!outcome.ok) return { text: '', finish: 'error', error: outcome.code }
  const { text = '', finish = 'stop', reasoning } = outcome.choices[0] ?? {}
  return { text, finish, ...(reasoning ? { reasoning } : {}) }
}

/** `responses[k]` is sample k. Only when all that were drawn failed is the record rejected. */
export const withResponses = (record: Record, drawn: readonly Outcome[]): Record => {
  const failed = drawn.find(outcome => !outcome.ok)
  if (failed && !failed.ok && drawn.every(outcome => !outcome.ok)) {
    return { ...record, reject: rejectFor('generate', failed) }
  }
  return { ...record, responses: drawn.map(responseOf) }
}
