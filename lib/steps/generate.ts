/**
 * Samples K responses to one record. Single calls rather than one with `n`: they share the
 * prompt through the server's prefix cache, and no finished sample's slot waits for the slowest
 * of its siblings. Sample k is asked with seed + k, so that both forms give the same texts.
 */
import { reject } from '../errors.js'
import type { Model, Outcome } from '../model/model.js'
import { generateMessages } from '../prompts/generate.js'
import { readOwnTexts } from '../prompts/own-texts.js'
import { ordinalOf, type Record, type Response } from '../record.js'
import { wireSeed } from '../seed.js'
import { generateOptions, type GenerateOptions } from '../stages/options.js'

/**
 * `responses[k]` is sample k, always K of them. A sample whose call failed has `finish: "error"`
 * and is never judged; only when all of them failed is the record rejected.
 */
export const generateRecord = (
  model: Model,
  options: Partial<GenerateOptions> = {},
): ((record: Record) => Promise<Record>) => {
  const { samples, temperature, topP, maxTokens, seed, prompts } =
    generateOptions.parse(options)
  const texts = readOwnTexts(prompts)
  const base = wireSeed(seed, { stage: 'generate' })

  return async record => {
    const messages = generateMessages(record, texts)
    const outcomes = await Promise.all(
      Array.from({ length: samples }, (_, k) =>
        model.call({
          label: 'generate',
          rank: ordinalOf(record.id),
          messages,
          sampling: {
            temperature,
            topP,
            maxTokens,
            seed: base === undefined ? undefined : base + k,
          },
        }),
      ),
    )
    const failed = outcomes.find(outcome => !outcome.ok)
    if (failed && !failed.ok && outcomes.every(outcome => !outcome.ok)) {
      return {
        ...record,
        reject: reject('generate', failed.code, failed.message, failed.raw),
      }
    }
    return { ...record, responses: outcomes.map(responseOf) }
  }
}

const responseOf = (outcome: Outcome): Response => {
  if (!outcome.ok) return { text: '', finish: 'error', error: outcome.code }
  const { text = '', finish = 'stop', reasoning } = outcome.choices[0] ?? {}
  return { text, finish, ...(reasoning ? { reasoning } : {}) }
}
