/** A plain text line, or a JSON string: the whole of it is the prompt, as it stands. */
import type { Conversation } from './conversation.js'
import { withQuery } from './turns.js'

export const readText = (text: string): Conversation => withQuery({ turns: [] }, text)
