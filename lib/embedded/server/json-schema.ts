/**
 * The part of JSON Schema that the engine's grammars keep to. They pass over the rest without a
 * word and would answer with JSON that breaks the schema, so the rest is refused here, as vLLM
 * refuses what its own grammars do not know.
 */
import { HttpError } from './http-error.js'

type Schema = { [keyword: string]: unknown }

/** The engine writes every property, in the order given, and no others. */
const keywords: { [type: string]: string[] } = {
  object: ['properties', 'required', 'additionalProperties'],
  array: ['items', 'minItems', 'maxItems'],
  string: ['minLength', 'maxLength', 'enum', 'const'],
  integer: ['enum', 'const'],
  number: ['enum', 'const'],
  boolean: ['enum', 'const'],
  null: [],
}
/** Say nothing about the answer's form. */
const comments = ['title', 'description', '$schema', '$id', 'default', 'examples']

/** @throws HttpError 400 for a schema that could not be kept to */
export const engineSchema = (schema: unknown): object => {
  if (!isSchema(schema) || schema['type'] !== 'object')
    throw grammarError('the schema must be of type object')
  return translate(schema, '')
}

const translate = (schema: unknown, at: string): object => {
  if (!isSchema(schema)) throw grammarError(`expected a schema object at ${at || '/'}`)
  const { type } = schema
  if (type === undefined && Array.isArray(schema['anyOf'])) {
    allow(schema, ['anyOf'], at)
    return { oneOf: schema['anyOf'].map(branch => translate(branch, `${at}/anyOf`)) }
  }
  if (type === undefined && ('enum' in schema || 'const' in schema)) {
    allow(schema, ['enum', 'const'], at)
    return pick(schema, ['enum', 'const'])
  }
  const known = typeof type === 'string' ? keywords[type] : undefined
  if (!known) throw grammarError(`Invalid type: ${JSON.stringify(type)} at ${at || '/'}`)
  allow(schema, ['type', ...known], at)
  if ('enum' in schema || 'const' in schema) return pick(schema, ['enum', 'const'])
  if (type === 'object') return object(schema, at)
  const items = schema['items']
  return {
    ...pick(schema, ['type', ...known]),
    ...(items === undefined ? {} : { items: translate(items, `${at}/items`) }),
  }
}

const object = (schema: Schema, at: string): object => {
  const { properties = {}, required, additionalProperties } = schema
  if (!isSchema(properties)) throw grammarError(`expected properties at ${at || '/'}`)
  if (additionalProperties !== undefined && additionalProperties !== false)
    throw grammarError(`additionalProperties must be false at ${at || '/'}`)
  const names = Object.keys(properties)
  if (Array.isArray(required) && required.some(name => !names.includes(name as string)))
    throw grammarError(`required names a property that is not there at ${at || '/'}`)
  return {
    type: 'object',
    properties: Object.fromEntries(
      names.map(name => [name, translate(properties[name], `${at}/${name}`)]),
    ),
  }
}

const allow = (schema: Schema, allowed: string[], at: string): void => {
  const odd = Object.keys(schema).find(
    keyword => !allowed.includes(keyword) && !comments.includes(keyword),
  )
  if (odd !== undefined)
    throw grammarError(`${odd} is not supported here, at ${at || '/'}`)
}

const pick = (schema: Schema, names: string[]): Schema =>
  Object.fromEntries(Object.entries(schema).filter(([name]) => names.includes(name)))

const isSchema = (value: unknown): value is Schema =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const grammarError = (message: string): HttpError =>
  new HttpError(400, `Grammar error: ${message}`)
