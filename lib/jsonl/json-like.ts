/**
 * Tells a line that was meant as JSON from a plain prompt, by its first character. A broken
 * JSON line must end as a reject: taken for a prompt, its debris would go to a model unnoticed.
 */

/** What can open a JSON line, and what a line torn off an array or a pretty-printed object opens with. */
const opening = /^\s*[{["\]}]/

/** A number, true, false or null, and nothing beside it. */
const literal = /^\s*(?:true|false|null|-?\d[\d.eE+-]*)\s*$/

/** Worth a try with a JSON parser. Everything else is text, without the cost of a failed try. */
export const mayBeJson = (line: string): boolean =>
  opening.test(line) || literal.test(line)

/**
 * No JSON, though it was meant to be. Also the second half of an object that a raw line break
 * tore in two: it ends in a closing brace that nothing in it has opened.
 */
export const meantAsJson = (line: string): boolean => opening.test(line) || tornTail(line)

const tornTail = (line: string): boolean =>
  /["\d\]}el]\s*[}\]],?\s*$/.test(line) && count(line, '}') > count(line, '{')

const count = (text: string, character: string): number =>
  text.split(character).length - 1
