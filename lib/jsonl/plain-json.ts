/**
 * What JSON can hold, checked before it is written. JSON.stringify and ndjson turn NaN into
 * null, a Map into {}, a cycle into "[Circular ~]" and an undefined row into the line
 * `undefined`, all without a word; a BigInt throws in the middle of a stream.
 */

/** Deepest nesting read or written. JSON.stringify dies of some 7,000 levels, vLLM's parser of fewer. */
export const deepest = 1000

/** What keeps a value from being plain JSON, and where: `a BigInt at .seed.id`; or undefined. */
export const jsonProblem = (value: unknown): string | undefined => {
  const problem = value === undefined ? { what: 'undefined' } : problemIn(value, 0)
  return problem && `${problem.what}${problem.path ? ` at ${problem.path}` : ''}`
}

interface Problem {
  what: string
  /** Put together on the way back up, so that a good value costs no path. */
  path?: string
}

const problemIn = (value: unknown, depth: number): Problem | undefined => {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return undefined
    case 'number':
      return Number.isFinite(value) ? undefined : { what: String(value) }
    case 'object':
      return value === null ? undefined : problemInside(value, depth)
    default:
      return { what: typeof value === 'bigint' ? 'a BigInt' : `a ${typeof value}` }
  }
}

const problemInside = (value: object, depth: number): Problem | undefined => {
  if (depth >= deepest) return { what: `a cycle, or more than ${deepest} levels` }
  if (Array.isArray(value)) return problemInArray(value, depth)
  if ('toJSON' in value && typeof value.toJSON === 'function')
    return problemIn((value.toJSON as () => unknown)(), depth + 1)
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null)
    return { what: `an instance of ${value.constructor?.name ?? 'a class'}` }
  for (const key of Object.keys(value)) {
    const item = (value as { [key: string]: unknown })[key]
    // A field that is undefined is a field that is not there, in JSON and in TypeScript.
    const problem = item === undefined ? undefined : problemIn(item, depth + 1)
    if (problem) return inside(problem, `.${key}`)
  }
  return undefined
}

const problemInArray = (items: unknown[], depth: number): Problem | undefined => {
  for (let i = 0; i < items.length; i++) {
    const problem =
      items[i] === undefined ? { what: 'undefined' } : problemIn(items[i], depth + 1)
    if (problem) return inside(problem, `[${i}]`)
  }
  return undefined
}

const inside = ({ what, path = '' }: Problem, step: string): Problem => ({
  what,
  // A cycle has a path of a thousand steps; its first ones are enough.
  path: path.length > 200 ? path : `${step}${path}`,
})

/** Whether a parsed value is nested too deeply to be written again. A cycle is, too. */
export const tooDeep = (value: unknown, depth = 0): boolean => {
  if (typeof value !== 'object' || value === null) return false
  if (depth >= deepest) return true
  if (Array.isArray(value)) {
    for (const item of value) if (tooDeep(item, depth + 1)) return true
    return false
  }
  for (const key in value)
    if (tooDeep((value as { [key: string]: unknown })[key], depth + 1)) return true
  return false
}

/** Whether JSON has brackets enough to be nested deeper: a look that most texts pass at once. */
export const mayBeTooDeep = (json: string, most = deepest): boolean => {
  let brackets = 0
  for (const bracket of '{[')
    for (let at = json.indexOf(bracket); at >= 0; at = json.indexOf(bracket, at + 1))
      if (++brackets > most) return true
  return false
}
