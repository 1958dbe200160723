/**
 * Rows to train a composer on (UltraIF, equation 2): given the prompt without one constraint,
 * write the whole prompt and the question for it. In UltraComposer's own words, as a chat.
 */
import { trainedInput, trainedOutput } from '../../prompts/trained-composer.js'
import type { Constraint, Record } from '../../record.js'
import type { MessagesRow } from './messages.js'
import { originOf } from './row.js'

/** One row a constraint; those that would teach nothing are left out (reference defects E7, E8). */
export const composerRows = (record: Record): MessagesRow[] => {
  // `compose` may have replaced the query since.
  const whole = record.decomposed ?? record.seed.query
  return (record.constraints ?? []).flatMap((constraint, index) =>
    teaches(constraint, whole)
      ? {
          ...originOf(record, `.c${index + 1}`),
          messages: [
            { role: 'user', content: trainedInput(constraint.without, record.history) },
            { role: 'assistant', content: trainedOutput(whole, constraint.question) },
          ],
        }
      : [],
  )
}

/** A question, and a prompt that really changes, by more than white space. */
const teaches = ({ without, question }: Constraint, whole: string): boolean =>
  question.trim() !== '' && squeeze(without) !== '' && squeeze(without) !== squeeze(whole)

const squeeze = (text: string): string => text.replace(/\s+/g, ' ').trim()
