/**
 * The settings of `run` that change which rows come out, by the names of their flags: what a
 * durable run must be continued with. How fast it goes, where rows lie and what people see may
 * change from session to session.
 */
import { hash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { roleNames } from '../model/model.js'
import { flagsOf } from './sections.js'
import type { Sections, Settled } from './settle.js'

/** May differ between sessions: more of the same input, a folder that is known by its words. */
export const free: ReadonlySet<string> = new Set([
  'limit',
  'order',
  'prompts',
  'base-url',
  // The names that the servers know models by are compared once they are connected.
  'model',
  ...roleNames.flatMap(role => [`${role}-url`, `${role}-model`]),
  'concurrency',
  'batch',
  'deadline',
  'retries',
  // Known by its default export; the settings that it stands for are all here.
  'preset',
])

/** The sections to be compared. `pipeline` is told by its text where it is a file. */
export const resultSettings = async <S extends Sections>(
  sections: S,
  settings: Settled<S>,
  pipelineFile: string | undefined,
): Promise<{ [flag: string]: unknown }> => {
  const values = Object.entries(sections).flatMap(([section, { schema, ...rest }]) =>
    flagsOf({ schema, ...rest })
      .filter(({ name }) => !free.has(name))
      .map(({ name, option }) => [
        name,
        (settings[section] as { [option: string]: unknown })[option],
      ]),
  )
  const result = Object.fromEntries(values) as { [flag: string]: unknown }
  const also = result['also']
  if (Array.isArray(also))
    result['also'] = also.map(text => String(text).replace(/=.*/s, '')).sort()
  // Which file they are of shows in what is read.
  if (result['from-rejects'] !== undefined) result['from-rejects'] = true
  if (pipelineFile !== undefined)
    result['pipeline'] = `sha256:${hash('sha256', await readFile(pipelineFile), 'hex')}`
  return result
}
