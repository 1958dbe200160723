/**
 * Rows to JSONL text, by ndjson.stringify behind a check for what JSON cannot hold. Lines end in
 * `\n` on every system, and hold none of the characters that other readers take for a line end.
 */
import { EOL } from 'node:os'
import _ from 'highland'
import ndjson from 'ndjson'
import { Failure } from '../errors.js'
import type { Stage } from '../stage.js'
import { jsonProblem } from './plain-json.js'

/**
 * A function that writes one value as one line. Throws `Failure` (`pipeline_unusable`) for what
 * JSON cannot hold; such a value can only come from code, never from input or a model.
 */
export const lineWriter = (): ((value: unknown) => string) => {
  // Its transform is synchronous: what is written can be read at once.
  const writer = ndjson.stringify()
  return value => {
    const problem = jsonProblem(value)
    if (problem)
      throw new Failure(
        'pipeline_unusable',
        `expected a row that JSON can hold, got ${problem}${named(value)}; change the stage that makes it`,
      )
    writer.write(value)
    const line = writer.read() as string
    const safe = unicodeLineEnd.test(line) ? line.replace(unicodeLineEnds, escaped) : line
    return EOL === '\n' ? safe : `${safe.slice(0, -EOL.length)}\n`
  }
}

/**
 * JSONL text of whatever flows, one line an item; strings pass as they are. A row that cannot be
 * JSON is an error in the stream.
 */
export const stringify = (): Stage<object | string, string> => source => {
  const write = lineWriter()
  return source.consume<string>((error, item, push, next) => {
    if (error) push(error)
    else if (_.isNil(item)) {
      push(null, item as never)
      return
    } else if (typeof item === 'string') push(null, item)
    else
      try {
        push(null, write(item))
      } catch (problem) {
        push(problem as Error)
      }
    next()
  })
}

/** Line ends for Unicode and for Python's `splitlines`, though not for JSON. */
const unicodeLineEnd = /[\u0085\u2028\u2029]/
const unicodeLineEnds = /[\u0085\u2028\u2029]/g
const escaped = (character: string): string =>
  `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`

const named = (value: unknown): string =>
  typeof value === 'object' &&
  value !== null &&
  'id' in value &&
  typeof value.id === 'string'
    ? ` in ${value.id}`
    : ''
