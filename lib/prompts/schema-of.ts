/**
 * Answer schemas by what they depend on. A method has few of them, and the same object for the
 * same answer lets its text be written once.
 */
import type { AnswerSchema } from '../model/model.js'
import { shared } from '../model/shared-json.js'

/** The schema for some numbers (a room, a count), made when it is first asked for. */
export const schemaOf = <Numbers extends number[]>(
  name: string,
  make: (...numbers: Numbers) => object,
): ((...numbers: Numbers) => AnswerSchema) => {
  const known = new Map<string, AnswerSchema>()
  return (...numbers) => {
    const key = numbers.join()
    const schema = known.get(key) ?? { name, schema: shared(make(...numbers)) }
    known.set(key, schema)
    return schema
  }
}
