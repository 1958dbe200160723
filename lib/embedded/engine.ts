/**
 * node-llama-cpp, installed on first use into the cache: outside the project, its dependencies
 * and its lock file, so that nobody who brings a server pays for it.
 */
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Failure } from '../errors.js'
import { cacheFolder, type Environment } from './fetch/cache.js'
import { runCommand } from './fetch/command.js'
import { enginePackage } from './fetch/engine-package.js'
import { engineVersion } from './fetch/facts.js'
import { npmCommand } from './fetch/npm.js'
import { settleIn } from './fetch/settle-in.js'

export interface EngineOptions {
  cache?: string
  env?: Environment
  log?: (line: string) => void
  signal?: AbortSignal | undefined
}

/** Folder of the installed engine, whether it is there or not. */
export const engineFolder = (cache: string): string =>
  join(cache, `engine-${engineVersion}-${process.platform}-${process.arch}`)

/** The engine's module, to be imported by file URL. */
export const engineModule = (folder: string): string =>
  join(folder, 'node_modules', 'node-llama-cpp', 'dist', 'index.js')

/** @throws Failure embedded_unavailable on a machine for which there is no build */
export const requireEnginePackage = (): string => {
  const name = enginePackage()
  if (name) return name
  throw new Failure(
    'embedded_unavailable',
    `The embedded model needs a build of node-llama-cpp for this machine, and there is none for ${process.platform} ${process.arch}. Name a model server with --base-url URL.`,
  )
}

/** Whether the engine and its one binary package are there, in the pinned version. */
export const hasEngine = async (cache: string): Promise<boolean> => {
  const names = ['node-llama-cpp', enginePackage() ?? 'none']
  const found = await Promise.all(
    names.map(name => versionOf(join(engineFolder(cache), 'node_modules', name))),
  )
  return found.every(version => version === engineVersion)
}

const versionOf = async (folder: string): Promise<string | undefined> => {
  try {
    const text = await readFile(join(folder, 'package.json'), 'utf8')
    return (JSON.parse(text) as { version?: string }).version
  } catch {
    return undefined
  }
}

/**
 * Installs the engine if it is not there, and answers with the path of its module. Scripts of the
 * packages are not run: the binary package is used as it comes, nothing is built.
 * @throws Failure embedded_unavailable, with npm's last lines
 */
export const installEngine = async ({
  env = process.env,
  cache = cacheFolder(env),
  log = () => {},
  signal,
}: EngineOptions = {}): Promise<string> => {
  const folder = engineFolder(cache)
  const binary = requireEnginePackage()
  await settleIn(folder, {
    isGood: () => hasEngine(cache),
    make: async workshop => {
      log(`installing node-llama-cpp ${engineVersion} and ${binary} with npm`)
      const logFile = join(cache, 'npm-install.log')
      await rm(logFile, { force: true })
      // npm takes the nearest folder with a package.json for the project: this one, not one above.
      const prefix = join(workshop, 'engine')
      await mkdir(prefix)
      await writeFile(join(prefix, 'package.json'), '{"private":true}\n')
      const npm = npmCommand(env)
      const args = [
        ...npm.args,
        'install',
        ...['--prefix', prefix],
        ...['--no-save', '--omit=optional', '--ignore-scripts'],
        ...['--no-audit', '--no-fund', '--no-package-lock', '--loglevel=warn'],
        `node-llama-cpp@${engineVersion}`,
        `${binary}@${engineVersion}`,
      ]
      const options = { logFile, env: withoutNpm(env), cwd: prefix, signal }
      const failed = await runCommand({ file: npm.file, args }, options)
      if (failed)
        throw new Failure(
          'embedded_unavailable',
          `The embedded model needs its engine, node-llama-cpp ${engineVersion}, and npm could not install it: ${failed}\nName a model server with --base-url URL, or run again with the npm registry in reach.`,
        )
      return prefix
    },
  })
  return engineModule(folder)
}

/**
 * Under `npm start` the environment carries that project's settings (workspace, omit, global …),
 * which are not meant for this install. What names registries, proxies and caches stays.
 */
const withoutNpm = (env: Environment): NodeJS.ProcessEnv =>
  Object.fromEntries(
    Object.entries(env).filter(
      ([name]) =>
        !/^npm_(package|lifecycle|command|config_(local_prefix|prefix|global|location|workspaces?|include|omit|only|production|dry_run|include_workspace_root|save.*|package_lock.*))/i.test(
          name,
        ),
    ),
  )
