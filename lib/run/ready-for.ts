/**
 * Rows that go to a terminal are read by people: what would move its cursor or turn its text
 * round is shown as escapes, which a program would read as the same.
 */
import type { Stage } from '../stage.js'
import { inertJson } from './printable.js'

/** JSONL text as it is, but for a terminal. */
export const readyFor =
  (screen: 'terminal' | 'program'): Stage<string, string> =>
  source =>
    screen === 'terminal' ? source.map(inertJson) : source
