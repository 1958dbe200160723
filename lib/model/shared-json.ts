/**
 * JSON of request bodies. Most of a body is the same in every call of a prompt: instructions,
 * worked examples, the schema of the answer. Their makers say so with `shared`, and their text
 * is written once; writing it anew was a tenth of our own time.
 */

const texts = new WeakMap<object, string>()

/** Promises that a value will never change, and holds to it: it is frozen through and through. */
export const shared = <T extends object>(value: T): T => {
  freeze(value)
  texts.set(value, JSON.stringify(value))
  return value
}

const freeze = (value: unknown): void => {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return
  Object.freeze(value)
  for (const inner of Object.values(value)) freeze(inner)
}

/** Levels of a body above the schema in `response_format.json_schema.schema`. */
const levels = 3

/** The same text as `JSON.stringify` gives, and the same errors. */
export const jsonText = (value: object): string => textOf(value, levels) ?? 'null'

const textOf = (value: unknown, depth: number): string | undefined => {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const known = texts.get(value)
  if (known !== undefined) return known
  if (depth === 0 || 'toJSON' in value) return JSON.stringify(value)
  let text = ''
  if (Array.isArray(value)) {
    for (const item of value) text += `,${textOf(item, depth - 1) ?? 'null'}`
    return `[${text.slice(1)}]`
  }
  for (const key of Object.keys(value)) {
    const inner = textOf((value as { [key: string]: unknown })[key], depth - 1)
    if (inner !== undefined) text += `,${JSON.stringify(key)}:${inner}`
  }
  return `{${text.slice(1)}}`
}
