/**
 * The model of last resort: where no server was named, a small real model on this machine, behind
 * a loopback server that the one client talks to as to any other. Nothing is fetched without
 * consent.
 */
import { availableParallelism } from 'node:os'
import { Failure } from '../errors.js'
import { installEngine } from './engine.js'
import type { Environment } from './fetch/cache.js'
import { planEmbedded } from './plan.js'
import { startChild } from './server/start-child.js'
import { fetchWeights } from './weights.js'

export interface EmbeddedOptions {
  /** A GGUF file to run; without it `ULTRAIF_GGUF`, else the default weights. */
  gguf?: string | undefined
  /** The user agreed to fetch what the plan names; default false. */
  consent?: boolean
  log?: (line: string) => void
  signal?: AbortSignal | undefined
  /** The model's process ended though nobody closed it. */
  onDeath?: ((failure: Failure) => void) | undefined
  env?: Environment
}

export interface Embedded {
  /** `http://127.0.0.1:PORT` */
  url: string
  modelName: string
  /** Tokens of prompt and answer together. */
  contextLength: number
  /** Sequences to keep in flight: more only wait. */
  concurrency: number
  /** What runs, for people. */
  description: string
  close(): Promise<void>
}

/** Four advance together; as many again wait at hand, so that no place is ever empty. */
const concurrency = 8

/**
 * Two virtual CPUs are one core, and threads that wait for each other at every step are the
 * worst guests on a machine that does anything else.
 */
const threads = (): number =>
  Math.max(1, Math.min(8, Math.floor(availableParallelism() / 2)))

/**
 * Fetches what is missing, with consent, and starts the server.
 * @throws Failure no_model_server (exit 2) when something is missing and there is no consent;
 *   embedded_unavailable when there is no way to get or run it; file_unreadable for a bad `gguf`
 */
export const startEmbedded = async ({
  gguf,
  consent = false,
  log = () => {},
  signal,
  onDeath,
  env = process.env,
}: EmbeddedOptions = {}): Promise<Embedded> => {
  const plan = await planEmbedded({ gguf, env })
  if (plan.fetches.length > 0 && !consent)
    throw new Failure(
      'no_model_server',
      `No model server was named, and the embedded model is not here yet.\n${plan.text}\nAgree with --yes, or name a server with --base-url URL.`,
    )
  for (const line of plan.text.split('\n')) log(line)
  const { cache } = plan
  const module = await installEngine({ cache, env, log, signal })
  const weights = plan.found ?? (await fetchWeights({ cache, env, log, signal }))
  const { path, name: modelName } = weights
  const child = await startChild(
    { module, gguf: path, modelName, threads: threads() },
    { log, signal, onDeath },
  )
  return {
    ...child,
    modelName,
    concurrency,
    description: `${modelName} on this machine's CPU (${path})`,
  }
}
