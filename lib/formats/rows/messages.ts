/** One response as a chat, system prompt and earlier turns included: what TRL's SFT trainer reads. */
import type { Record, Response } from '../../record.js'
import { originOf, promptMessages, type ChatMessage, type RowOrigin } from './row.js'

export interface MessagesRow extends RowOrigin {
  messages: ChatMessage[]
}

export const messagesRow = (record: Record, { text }: Response): MessagesRow => ({
  ...originOf(record),
  messages: [...promptMessages(record), { role: 'assistant', content: text }],
})
