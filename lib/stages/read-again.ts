/**
 * Lines of a corpus that `parse` rejected, read once more from the text that their rejects keep:
 * a repaired program, another --format or --max-line may read them now. They get the ids and
 * the places that they had in the corpus.
 */
import { hash } from 'node:crypto'
import { rawLimit } from '../errors.js'
import { Ledger } from '../ledger.js'
import { ordinalOf, type Record } from '../record.js'
import { CorpusReader } from './corpus-reader.js'
import type { ParseOptions } from './options.js'

/**
 * What the line gives now, rejects included; undefined where its text is not known to be whole,
 * since half a prompt would look like one.
 */
export const readAgain = (
  { id, seed, reject }: Record,
  options: ParseOptions,
): Record[] | undefined => {
  const { raw, code } = reject ?? {}
  const ordinal = ordinalOf(id)
  // What stands for the rest of a broken file is no line.
  if (raw === undefined || ordinal === 0 || code === 'broken_file') return undefined
  const reader = new CorpusReader({ ...options, skip: 0, limit: undefined }, new Ledger())
  reader.open(seed.file, { lines: (seed.line ?? 1) - 1, ordinal: ordinal - 1 })
  const made = [...reader.lines(raw), ...reader.close()]
  if (made.length === 0) return undefined
  if (id.startsWith(`${hash('sha256', raw, 'hex').slice(0, 16)}-`)) return made
  // One prompt of a line whose others went through: its id has the hash of the conversation.
  const own = made.filter(record => record.id === id)
  return raw.length <= rawLimit && own.length > 0 ? own : undefined
}
