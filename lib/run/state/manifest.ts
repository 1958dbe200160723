/**
 * `manifest.json`: what made the data. Settings that would change a row are compared with those
 * of the command that goes on with the run; the rest is for whoever reads the data later.
 */
import { open, readFile, rename } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { z } from 'zod'
import { Failure } from '../../errors.js'
import { stateFailed } from './state-failed.js'
import { printable } from '../printable.js'
import type { ModelNames, StateOptions } from './state.js'
import { syncFolder } from './sync-folder.js'

const values = z.record(z.string(), z.unknown())

const Manifest = z.looseObject({
  format: z.literal(1),
  /** Every option that changes what comes out, by the name of its flag. */
  settings: values,
  /** SHA-256 of the words of each prompt. */
  prompts: z.record(z.string(), z.string()),
  /** Model of each role. */
  models: z.record(z.string(), z.string()).optional(),
  sessions: z.array(z.looseObject({ started: z.string(), ultraif: z.string() })),
})
export type Manifest = z.infer<typeof Manifest>

/** The manifest of a run that was begun here; undefined in a new folder. @throws Failure state_damaged */
export const readManifest = async (path: string): Promise<Manifest | undefined> => {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw stateFailed(path, error)
  })
  if (text === undefined) return undefined
  try {
    return Manifest.parse(JSON.parse(text))
  } catch (cause) {
    throw new Failure(
      'state_damaged',
      `Expected ${path} to be the manifest of a run of ultraif. Bring back a copy of the folder, or name another --state.`,
      { cause },
    )
  }
}

/** What the data is made with, by command and program. */
type Made = Pick<StateOptions, 'dir' | 'settings' | 'prompts' | 'version' | 'inputs'>

/** What a session adds to what is known. */
interface SessionFacts {
  models: ModelNames | undefined
  /** What `--force` has let pass. */
  forced: string[]
  servers: readonly { url: string; version?: string }[]
  outputs: [flag: string, path: string][]
}

/** Sessions told; of more than that, the first and the last ones. */
const mostSessions = 100

/** @throws Failure write_failed */
export const writeManifest = (
  { dir, settings, prompts, version, inputs }: Made,
  before: Manifest | undefined,
  { models = before?.models, forced, servers, outputs }: SessionFacts,
): Promise<void> => {
  const [first, ...later] = before?.sessions ?? []
  const made: Manifest = {
    format: 1,
    settings,
    prompts,
    ...(models ? { models } : {}),
    sessions: [
      ...(first ? [first] : []),
      ...later.slice(2 - mostSessions),
      {
        started: new Date().toISOString(),
        ultraif: version,
        node: process.version,
        files: inputs,
        outputs: Object.fromEntries(outputs),
        servers: servers.map(({ url, version }) => ({ url, version })),
        ...(forced.length > 0 ? { forced } : {}),
      },
    ],
  }
  return writeWhole(join(dir, 'manifest.json'), made)
}

/** In one piece: a crash leaves the old one or the new one. @throws Failure write_failed */
export const writeWhole = async (path: string, value: object): Promise<void> => {
  try {
    const handle = await open(`${path}.new`, 'w')
    try {
      await handle.writeFile(`${JSON.stringify(value, undefined, 2)}\n`)
      await handle.sync()
    } finally {
      await handle.close()
    }
    await rename(`${path}.new`, path)
    await syncFolder(dirname(path))
  } catch (error) {
    throw stateFailed(path, error)
  }
}

/** What differs, a phrase each: `--samples was 5 and is 8`. */
export const differences = (
  before: { [name: string]: unknown },
  now: { [name: string]: unknown },
  called: (name: string) => string,
): string[] =>
  [...new Set([...Object.keys(before), ...Object.keys(now)])]
    .filter(name => !isDeepStrictEqual(plain(before[name]), plain(now[name])))
    .map(name => `${called(name)} was ${shown(before[name])} and is ${shown(now[name])}`)

/** As it comes back from JSON: no `undefined` inside. */
const plain = (value: unknown): unknown =>
  value === undefined ? undefined : JSON.parse(JSON.stringify(value))

const shown = (value: unknown): string =>
  value === undefined ? 'not given' : printable(JSON.stringify(value), 100)

/** @throws Failure state_mismatch */
export const refuseChanges = (dir: string, changes: string[]): never => {
  throw new Failure(
    'state_mismatch',
    `Expected the settings that the run in ${dir} was begun with: ${changes.join('; ')}. Rows made with other settings do not belong in one set: go back to those, begin anew with another --state, or mix them with --force.`,
  )
}
