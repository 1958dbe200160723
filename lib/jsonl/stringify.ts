/**
 * Rows to JSONL text, behind a check for what JSON cannot hold. Lines end in `\n` on every system,
 * and hold none of the characters that other readers take for a line end. ndjson's own writer
 * would follow every value in search of cycles, which the check has ruled out: with it a judged
 * record took several times as long.
 */
import _ from '../flow/highland.js'
import { Failure } from '../errors.js'
import type { Stage } from '../stage.js'
import { jsonProblem } from './plain-json.js'

/**
 * Writes one value as one line. Throws `Failure` (`pipeline_unusable`) for what JSON cannot hold;
 * such a value can only come from code, never from input or a model.
 */
export const lineOf = (value: unknown): string => {
  const problem = jsonProblem(value)
  if (problem)
    throw new Failure(
      'pipeline_unusable',
      `expected a row that JSON can hold, got ${problem}${named(value)}; change the stage that makes it`,
    )
  const line = JSON.stringify(value)
  return `${endsLines(line) ? line.replace(unicodeLineEnds, escaped) : line}\n`
}

/**
 * JSONL text of whatever flows, one line an item; strings pass as they are. A row that cannot be
 * JSON is an error in the stream.
 */
export const stringify = (): Stage<object | string, string> => source =>
  source.consume<string>((error, item, push, next) => {
    if (error) push(error)
    else if (_.isNil(item)) {
      push(null, item as never)
      return
    } else if (typeof item === 'string') push(null, item)
    else
      try {
        push(null, lineOf(item))
      } catch (problem) {
        push(problem as Error)
      }
    next()
  })

/** Line ends for Unicode and for Python's `splitlines`, though not for JSON. */
const unicodeLineEnds = /[\u0085\u2028\u2029]/g
/** Three searches for one character each are quicker than one for any of three. */
const endsLines = (line: string): boolean =>
  line.includes('\u2028') || line.includes('\u2029') || line.includes('\u0085')
const escaped = (character: string): string =>
  `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`

const named = (value: unknown): string =>
  typeof value === 'object' &&
  value !== null &&
  'id' in value &&
  typeof value.id === 'string'
    ? ` in ${value.id}`
    : ''
