/**
 * Where the value of an option comes from: flags before the environment, before the
 * configuration file, before a preset, before the defaults. One place reads and checks them
 * all, so that a bad value is told the same way wherever it stood.
 */
import type { z } from 'zod'
import { Failure } from '../errors.js'
import { printable } from '../run/printable.js'
import { expectation, flagsOf, valueOf, type Flag, type Section } from './sections.js'

/** One source of values. */
export interface Layer {
  /** By `flag.key`. */
  values: { [key: string]: unknown }
  /** What the user would look for: `--samples`, `"samples" in run.json`. */
  name: (flag: Flag) => string
}

export type Sections = { [name: string]: Section }
export type Settled<S extends Sections> = {
  [Name in keyof S]: z.output<S[Name]['schema']>
}

/** The settings of a command. @throws Failure usage, naming the first bad value and its place. */
export const settle = <S extends Sections>(sections: S, layers: Layer[]): Settled<S> => {
  const settled = Object.entries(sections).map(([name, section]) => {
    const given = flagsOf(section).flatMap(flag => {
      const layer = layers.find(({ values }) => values[flag.key] !== undefined)
      return layer ? [[flag.option, check(flag, layer)]] : []
    })
    return [name, section.schema.parse(Object.fromEntries(given))]
  })
  return Object.fromEntries(settled) as Settled<S>
}

const check = (flag: Flag, layer: Layer): unknown => {
  const given = layer.values[flag.key]
  const value = valueOf(flag, given)
  if (isAccepted(flag, value)) return value
  const got = printable(typeof given === 'string' ? given : JSON.stringify(given), 80)
  throw new Failure(
    'usage',
    `Expected ${layer.name(flag)} to be ${expectation(flag)}, got "${got}".`,
  )
}

/** zod measures whatever has a length, and throws where that is no number. */
const isAccepted = ({ schema }: Flag, value: unknown): boolean => {
  try {
    return schema.safeParse(value).success
  } catch {
    return false
  }
}
