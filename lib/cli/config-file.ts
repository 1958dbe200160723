/**
 * Options by the names of the flags, from a JSON file or from a recipe's own defaults, so that a
 * run can be written down. One file may serve all commands: what this one does not take,
 * another does.
 */
import { readFile } from 'node:fs/promises'
import { Failure } from '../errors.js'
import { whyUnreadable } from '../jsonl/why-unreadable.js'
import { everyFlag } from './every-flag.js'
import type { NamedDefaults } from './page.js'
import { printable } from '../run/printable.js'
import { camelCase } from './sections.js'
import type { Layer } from './settle.js'

/** @throws Failure usage, with the nearest flag for a name that does not exist */
export const readConfig = async (file: string): Promise<Layer> =>
  layerOf(file, await readObject(file))

/** What a recipe's `defaults` say. @throws Failure usage as `readConfig` does */
export const defaultsLayer = ({ name, defaults }: NamedDefaults): Layer =>
  layerOf(name, defaults ?? {})

const layerOf = (place: string, options: object): Layer => {
  const known = new Map(everyFlag().map(flag => [flag.key, flag.name]))
  const values = Object.entries(options).map(([name, value]) => {
    const key = camelCase(name)
    if (!known.has(key)) throw unknownName(place, name, [...known.values()])
    return [key, value]
  })
  return {
    values: Object.fromEntries(values),
    name: flag => `"${flag.name}" in ${place}`,
  }
}

const readObject = async (file: string): Promise<object> => {
  let value: unknown
  try {
    value = JSON.parse(await readFile(file, 'utf8'))
  } catch (error) {
    throw new Failure(
      'usage',
      `Expected --config ${file} to be a file that holds a JSON object: ${whyUnreadable(error)}.`,
      { cause: error },
    )
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value
  throw new Failure(
    'usage',
    `Expected --config ${file} to hold a JSON object of options, got ${Array.isArray(value) ? 'an array' : String(value)}.`,
  )
}

const unknownName = (place: string, name: string, known: string[]): Failure => {
  const plain = (text: string) => text.toLowerCase().replace(/[^a-z]/g, '')
  const near = known.find(one => plain(one).includes(plain(name)))
  const hint = /api.?key/i.test(name)
    ? 'Keys come from the environment only, as ULTRAIF_API_KEY.'
    : near
      ? `Did you mean "${near}"?`
      : 'Names are those of the flags, see ultraif run --help.'
  return new Failure(
    'usage',
    `"${printable(name, 60)}" in ${place} is no option. ${hint}`,
  )
}
