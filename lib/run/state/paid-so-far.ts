import type { ModelStats } from '../../model/model.js'
import type { JournalEntry } from './journal.js'

/** Calls and tokens of all sessions together. */
export const paidSoFar = (
  before: JournalEntry | undefined,
  now: ModelStats | undefined,
): Pick<JournalEntry, 'calls' | 'tokens'> => {
  const calls = { ...before?.calls }
  for (const [label, n] of Object.entries(now?.calls ?? {}))
    calls[label] = (calls[label] ?? 0) + n
  const tokens = (kind: 'prompt' | 'completion') =>
    (before?.tokens[kind] ?? 0) + (now?.tokens[kind] ?? 0)
  return {
    calls,
    tokens: { prompt: tokens('prompt'), completion: tokens('completion') },
  }
}
