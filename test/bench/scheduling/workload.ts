/**
 * The work that all policies are given: for each record one compose call, five samples and five
 * judge calls, with answers of lognormal length. The texts come from the simulated model, whose
 * answers depend on the request alone, so the work is the same whatever the order of the calls.
 */
import { composed } from '../../../fixtures/vllm/answers/compose.js'
import { verdicts } from '../../../fixtures/vllm/answers/verdicts.js'
import { Dice, join } from '../../../fixtures/vllm/dice.js'
import { settle, type SimulateOptions } from '../../../fixtures/vllm/options.js'
import type { Seen } from '../../../fixtures/vllm/seen.js'
import { cutTokens } from '../../../fixtures/vllm/tokens.js'
import type { Record } from '../../../lib/record.js'

export const samples = 5
export const callsPerRecord = 1 + samples + samples

/**
 * Tokens of an answer: half of them are shorter than the median, sigma is the spread of the
 * logarithm. A composer writes the prompt again, a judge some verdicts with their reasons.
 */
export const lengths = {
  compose: { median: 100, sigma: 0.6 },
  generate: { median: 200, sigma: 0.6 },
  judge: { median: 70, sigma: 0.6 },
}

export const serverOptions: SimulateOptions = {
  answerTokens: lengths.generate,
  flaws: {
    unchanged: 0,
    leaked: 0,
    truncated: 0,
    duplicateQuestion: 0,
    noQuestion: 0,
    missingVerdict: 0,
    noConstraints: 0,
  },
}

/** Records as `parse` makes them, with nothing asked of them yet, after a long talk if so wanted. */
export const makeRecords = (count: number, historyTokens = 0): Record[] =>
  Array.from({ length: count }, (_, i) => {
    const query = `Write about ${subjects[i % subjects.length]} for reader ${i}.`
    const record = {
      id: `${i.toString(16).padStart(16, '0')}-${i}`,
      query,
      seed: { query },
    }
    if (historyTokens === 0) return record
    const content = `I am reader ${i}, ${cutTokens(thoughts, historyTokens)}`
    return {
      ...record,
      history: [
        { role: 'user', content },
        { role: 'assistant', content: 'I see.' },
      ],
    }
  })
const subjects = ['rivers', 'bread', 'chess', 'winter', 'maps', 'trains', 'bees']

/**
 * Composer and judge of the simulated model say little and always as much; here they think aloud
 * for a lognormal while, in the fields that are there for it.
 */
export const lengthen = (
  answer: (schema: string, script: (request: Seen) => string) => void,
  seed: number,
): void => {
  const settings = settle({ ...serverOptions, seed })
  const diceFor = ({ hash }: Seen): Dice => new Dice(join(hash, seed))
  const wordy = (kind: 'compose' | 'judge', dice: Dice, rest: number): string => {
    const { median, sigma } = lengths[kind]
    return cutTokens(thoughts, Math.max(1, dice.lognormal(median, sigma) - rest))
  }

  answer('ultraif_compose', request => {
    const dice = diceFor(request)
    const composition = composed(request.text, dice, settings)
    return JSON.stringify({ ...composition, constraint: wordy('compose', dice, 60) })
  })
  answer('ultraif_verdicts', request => {
    const given = verdicts(request.text, seed, settings, {})
    for (const verdict of Object.values(given))
      verdict.why = wordy('judge', diceFor(request), 14)
    return JSON.stringify(given)
  })
}
const thoughts = 'so it may be that this holds and then again it may not '.repeat(300)
