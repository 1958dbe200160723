/**
 * The bridge from zod to the command line. A section is one zod object with the name that each
 * of its options has as a flag; help, configuration file and checks all come from it, so that
 * a default or a description is written once.
 */
import { z } from 'zod'
import { readDuration, readSize, writeDuration, writeSize } from './units.js'

/** How an option's value is written: what `4MiB`, `30s`, `{"a":1}` or a repeated flag mean. */
export type Kind =
  'text' | 'number' | 'choice' | 'size' | 'duration' | 'json' | 'list' | 'switch'

export interface Look {
  /** The flag without dashes. */
  flag: string
  /** Found from the schema where it is not given. */
  kind?: Kind
  /** Stands for the value in the help. */
  value?: string
  /** What a value must be, in words, where the schema cannot say it. */
  expects?: string
  /** Left out of the help of `run`; the help of the stage's own command has it. */
  rare?: boolean
}

export interface Section<Schema extends z.ZodObject = z.ZodObject> {
  /** Heading in the help. */
  title: string
  schema: Schema
  /** Options that are missing here are no flags. */
  flags: { [Option in keyof z.output<Schema>]?: string | Look }
}

export interface Flag {
  /** `max-tokens`, as typed after the two dashes. */
  name: string
  /** `maxTokens`, as in a configuration file. */
  key: string
  option: string
  title: string
  kind: Kind
  value: string
  rare: boolean
  expects: string | undefined
  description: string
  /** What a value must be; it has the last word. */
  schema: z.ZodType
}

export const camelCase = (name: string): string =>
  name.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase())

/** The flags of a section, in the order in which its help lists them. */
export const flagsOf = ({ title, schema, flags }: Section): Flag[] =>
  Object.entries(flags).flatMap(([option, given]) => {
    const field = schema.shape[option] as z.ZodType | undefined
    if (!field || !given) return []
    const look: Look = typeof given === 'string' ? { flag: given } : given
    const kind = look.kind ?? kindOf(bare(field))
    return {
      name: look.flag,
      key: camelCase(look.flag),
      option,
      title,
      kind,
      value: look.value ?? placeholder(kind, field),
      rare: look.rare ?? false,
      expects: look.expects,
      description: field.description ?? '',
      schema: field,
    }
  })

/** A schema without its default and its `optional`. */
const bare = (schema: z.ZodType): z.ZodType =>
  schema instanceof z.ZodDefault || schema instanceof z.ZodOptional
    ? bare(schema.unwrap() as z.ZodType)
    : schema

const kindOf = (schema: z.ZodType): Kind => {
  if (schema instanceof z.ZodBoolean) return 'switch'
  if (schema instanceof z.ZodNumber) return 'number'
  if (schema instanceof z.ZodEnum) return 'choice'
  if (schema instanceof z.ZodArray) return 'list'
  if (schema instanceof z.ZodRecord) return 'json'
  return 'text'
}

/** The words a choice may be; none for other kinds. */
export const choicesOf = (schema: z.ZodType): string[] => {
  const inner = bare(schema)
  return inner instanceof z.ZodEnum ? inner.options.map(String) : []
}

const placeholder = (kind: Kind, schema: z.ZodType): string => {
  const choices = choicesOf(schema)
  if (choices.length > 0 && choices.length <= 4) return choices.join('|')
  return { number: 'n', json: 'json', choice: 'name' }[kind as string] ?? kind
}

/** The default of a flag as a user would type it; undefined where there is none to show. */
export const defaultOf = ({ schema, kind }: Flag): string | undefined => {
  const value: unknown =
    schema instanceof z.ZodDefault ? schema.def.defaultValue : undefined
  if (value === undefined || value === false || Array.isArray(value)) return undefined
  if (kind === 'size') return writeSize(Number(value))
  if (kind === 'duration') return writeDuration(Number(value))
  return String(value)
}

/**
 * The value that a flag's text stands for. What cannot be read stays text, so that the schema
 * refuses it and the message shows what was typed.
 */
export const valueOf = ({ kind, schema }: Flag, given: unknown): unknown => {
  if (kind === 'list') return Array.isArray(given) ? given : [given]
  // A bare number has no unit, in a file as on the command line.
  if (kind === 'duration' && typeof given === 'number') return String(given)
  if (typeof given !== 'string') return given
  if (kind === 'size') return readSize(given) ?? given
  if (kind === 'duration') return readDuration(given) ?? given
  if (kind === 'json') return readJson(given)
  const isNumber = kind === 'number' || !schema.safeParse(given).success
  return isNumber && /^[-+]?[\d.]+(e[-+]?\d+)?$/i.test(given.trim())
    ? Number(given)
    : given
}

const readJson = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

interface Sketch {
  type?: string
  const?: unknown
  enum?: unknown[]
  anyOf?: Sketch[]
  minimum?: number
  maximum?: number
  exclusiveMinimum?: number
}

/** What a flag expects, in words, worked out from its schema. */
export const expectation = ({ kind, schema, expects }: Flag): string => {
  if (expects) return expects
  if (kind === 'size') return 'a size in bytes such as 512KiB or 4MiB'
  if (kind === 'duration') return 'a duration with its unit such as 30s or 10m'
  if (kind === 'json') return 'a JSON object'
  return inWords(z.toJSONSchema(bare(schema), { unrepresentable: 'any' }) as Sketch)
}

const inWords = (sketch: Sketch): string => {
  if (sketch.anyOf) return sketch.anyOf.map(inWords).join(' or ')
  if (sketch.enum) return `one of ${sketch.enum.join(', ')}`
  if (sketch.const !== undefined) return String(sketch.const)
  if (sketch.type === 'boolean') return 'true or false'
  if (sketch.type !== 'integer' && sketch.type !== 'number') return 'text'
  const bounds = [
    sketch.minimum === undefined ? '' : `of at least ${sketch.minimum}`,
    sketch.exclusiveMinimum === undefined ? '' : `above ${sketch.exclusiveMinimum}`,
    (sketch.maximum ?? Number.MAX_SAFE_INTEGER) >= Number.MAX_SAFE_INTEGER
      ? ''
      : `up to ${sketch.maximum}`,
  ]
  const noun = sketch.type === 'integer' ? 'a whole number' : 'a number'
  return [noun, bounds.filter(Boolean).join(' and ')].join(' ').trim()
}
