/** One response as a supervised row, as the reference's trainer reads it (and LLaMA-Factory's). */
import type { Record, Response } from '../../record.js'
import { originOf, shareGptHistory, type RowOrigin, type ShareGptTurn } from './row.js'

export interface SftRow extends RowOrigin {
  instruction: string
  output: string
  history: ShareGptTurn[]
}

/** Holds the bare query, none of the words that were put round it to generate. */
export const sftRow = (record: Record, { text }: Response): SftRow => ({
  ...originOf(record),
  instruction: record.query,
  output: text,
  history: shareGptHistory(record.history),
})
