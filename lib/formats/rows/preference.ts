/** A preference pair in TRL's conversational form with an explicit prompt: DPOTrainer reads it. */
import type { Record, Response } from '../../record.js'
import { originOf, promptMessages, type ChatMessage, type RowOrigin } from './row.js'

export interface PreferenceRow extends RowOrigin {
  prompt: ChatMessage[]
  chosen: ChatMessage[]
  rejected: ChatMessage[]
}

export const preferenceRow = (
  record: Record,
  chosen: Response,
  rejected: Response,
): PreferenceRow => ({
  ...originOf(record),
  prompt: promptMessages(record),
  chosen: [{ role: 'assistant', content: chosen.text }],
  rejected: [{ role: 'assistant', content: rejected.text }],
})
