/**
 * The words around a query when responses are sampled. None of them gets into a training row:
 * rows hold the bare query, as the paper's do.
 */
import type { Message } from '../model/model.js'
import type { Record } from '../record.js'
import type { PromptTexts } from './own-texts.js'

export const generateInstructions = `You are a capable assistant. Give the answer itself: no greeting, no restating of the request, no remarks about how you went about it. Keep to every requirement the request states, all of them at once. Use the language of the request unless it asks for another.`

const wrapper = 'Answer the following request and keep to every requirement in it.\n\n'

/** System text (the record's own where it has one), earlier turns, the wrapped query. */
export const generateMessages = (record: Record, texts: PromptTexts = {}): Message[] => [
  {
    role: 'system',
    content: record.system ?? texts.generate?.instructions ?? generateInstructions,
  },
  ...(record.history ?? []).map(({ role, content }): Message => ({ role, content })),
  { role: 'user', content: wrapper + record.query },
]
