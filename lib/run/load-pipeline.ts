/**
 * Finds a recipe: one of ours by name, or a module of the user's by its path.
 */
import { stat } from 'node:fs/promises'
import { extname, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { Failure, messageOf } from '../errors.js'
import type { PipelineModule } from '../pipeline.js'

/** Recipes that come with the program, each a file of its name in `pipelines/`. */
export const pipelineNames = [
  'ultraif',
  'paper',
  'composer-data',
  'rejection-sampling',
  'preference-pairs',
] as const

export interface LoadedPipeline extends PipelineModule {
  name: string
  ours: boolean
}

/** @throws Failure pipeline_unusable with what is wrong with the module */
export const loadPipeline = async (name: string): Promise<LoadedPipeline> => {
  const ours = pipelineNames.some(known => known === name)
  const loaded = ours
    ? await import(`../../pipelines/${name}.js`)
    : await importFile(name)
  return { ...checked(name, loaded), name, ours }
}

const importFile = async (path: string): Promise<object> => {
  const file = resolve(path)
  if (!(await stat(file).catch(() => undefined))?.isFile())
    throw new Failure(
      'usage',
      `--pipeline ${path}: there is no such file, and the recipes that come with ultraif are ${pipelineNames.join(', ')}.`,
    )
  try {
    return (await import(pathToFileURL(file).href)) as object
  } catch (error) {
    const hint =
      (error as { code?: string }).code === 'ERR_UNKNOWN_FILE_EXTENSION' &&
      extname(file) === '.ts'
        ? 'this version of Node runs no TypeScript; compile it, or use Node 22.18 or later'
        : messageOf(error)
    throw unusable(path, hint, error)
  }
}

const checked = (path: string, loaded: object): PipelineModule => {
  const { default: pipeline, defaults } = loaded as Partial<PipelineModule>
  if (typeof pipeline !== 'function')
    throw unusable(
      path,
      `expected its default export to be a function (context) => stage, got ${typeof pipeline}`,
    )
  if (defaults !== undefined && (typeof defaults !== 'object' || defaults === null))
    throw unusable(path, 'expected its export "defaults" to be an object of options')
  return { default: pipeline, ...(defaults ? { defaults } : {}) }
}

export const unusable = (path: string, reason: string, cause?: unknown): Failure =>
  new Failure('pipeline_unusable', `--pipeline ${path}: ${reason}.`, { cause })
