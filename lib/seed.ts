/**
 * Seeds on the wire: a function of the run's seed and of the place in the method, never of the
 * record or the process, so that one process, six in a pipe and another machine ask the same.
 */
import { createHash } from 'node:crypto'

export interface SeedPlace {
  stage: string
  /** Which pass of the composer, which question of a record; 0 where there is only one. */
  pass?: number
  /** 0 for the first try; a bad reply asks with another seed, a transport retry does not. */
  attempt?: number
}

/**
 * The seed for sample 0 of a place, or undefined without a run seed. Sample k uses this + k,
 * as vLLM does for the copies of `n` (v1/engine/parallel_sampling.py). 31 bits, less room for k.
 */
export const wireSeed = (
  seed: number | undefined,
  { stage, pass = 0, attempt = 0 }: SeedPlace,
): number | undefined =>
  seed === undefined
    ? undefined
    : createHash('sha256')
        .update(`${seed}/${stage}/${pass}/${attempt}`)
        .digest()
        .readUInt32BE(0) % 0x7ff0_0000
