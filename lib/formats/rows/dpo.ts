/** A preference pair as the reference's DPO trainer reads it. */
import type { Record, Response } from '../../record.js'
import { originOf, shareGptHistory, type RowOrigin, type ShareGptTurn } from './row.js'

export interface DpoRow extends RowOrigin {
  prompt: string
  chosen: string
  rejected: string
  history: ShareGptTurn[]
}

export const dpoRow = (record: Record, chosen: Response, rejected: Response): DpoRow => ({
  ...originOf(record),
  prompt: record.query,
  chosen: chosen.text,
  rejected: rejected.text,
  history: shareGptHistory(record.history),
})
