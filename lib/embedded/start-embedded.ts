/**
 * The model of last resort: where no server was named, a small real model on this machine, behind
 * a loopback server that the one client talks to as to any other. Without consent nothing is
 * fetched, and nothing runs either: who forgot to name a server would get junk for hours.
 */
import { availableParallelism } from 'node:os'
import { Failure } from '../errors.js'
import { installEngine } from './engine.js'
import type { Environment } from './fetch/cache.js'
import { planEmbedded } from './plan.js'
import { startChild } from './server/start-child.js'
import { fetchWeights } from './weights.js'

export interface EmbeddedOptions {
  /**
   * A GGUF file to run; without it `ULTRAIF_GGUF`, else the default weights. To name one is to
   * agree to run it, not to fetch what it runs on.
   */
  gguf?: string | undefined
  /** The user agreed to run what the plan names, and to fetch what is missing; default false. */
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
 * @throws Failure no_model_server (exit 2) without consent; embedded_unavailable when there is no
 *   way to get or run it; file_unreadable for a bad `gguf`
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
  const isMissing = plan.fetches.length > 0
  if (!consent && (isMissing || gguf === undefined))
    throw new Failure(
      'no_model_server',
      `No model server was named${isMissing ? ', and the embedded model is not here yet' : ''}.\n${plan.text}\nName a server with --base-url URL or in ULTRAIF_BASE_URL, or agree to the embedded model with --yes.`,
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
