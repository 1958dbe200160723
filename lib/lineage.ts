/**
 * Which record of the input a value came of. A durable run marks each record it reads, under a
 * symbol: a copy made with `{...record}` carries the mark along, JSON does not show it, and a
 * record that nobody marked costs nothing.
 */
const mark = Symbol('ultraif.lineage')

interface Marked {
  [mark]?: object
}

/** Marks a value as made of the record of the input that `of` stands for. */
export const setLineage = (value: object, of: object): void => {
  ;(value as Marked)[mark] = of
}

/** What stands for the record of the input that a value was made of, if any does. */
export const lineageOf = (value: unknown): object | undefined =>
  typeof value === 'object' && value !== null ? (value as Marked)[mark] : undefined

/** The same value, marked as made of what `from` was made of. */
export const carryLineage = <T>(from: unknown, value: T): T => {
  const of = lineageOf(from)
  if (of !== undefined && typeof value === 'object' && value !== null)
    setLineage(value, of)
  return value
}
