/**
 * What a user should know about a server before a run on it, one sentence a matter, with what to
 * do about it.
 */
import type { Findings } from './probe.js'

type Found = Pick<Findings, 'jsonSchema' | 'reasoning' | 'samples' | 'maxModelLen'>

/** `trouble` is what went wrong while it was asked. */
export const notesOn = (
  { jsonSchema, reasoning, samples, maxModelLen }: Found,
  trouble: readonly string[],
): string[] => {
  const notes = [...trouble]
  if (jsonSchema === 'refused' || jsonSchema === 'ignored')
    notes.push(
      `json_schema is ${jsonSchema}: answers are asked for by the prompt alone, and more of them will be unusable`,
    )
  if (reasoning === 'swallowed')
    notes.push(
      'the whole answer comes as reasoning: start the server without --reasoning-parser, or switch thinking off with an extra body of {"chat_template_kwargs":{"enable_thinking":false}}',
    )
  if (reasoning === 'apart')
    notes.push(
      'this model thinks before it answers; thinking counts towards --max-tokens and is kept out of the rows',
    )
  if (trouble.length === 1 && !samples)
    notes.push('several samples in one call (n) are not to be had here')
  if (maxModelLen !== undefined && maxModelLen < 4096)
    notes.push(
      `a context of ${maxModelLen} tokens is short for prompts with worked examples and answers of 2048 tokens`,
    )
  return notes
}
