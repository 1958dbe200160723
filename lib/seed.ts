/**
 * Seeds on the wire: a function of the run's seed and of the place in the method, never of the
 * record or the process, so that one process, six in a pipe and another machine ask the same.
 */
import { hash } from 'node:crypto'

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
): number | undefined => {
  if (seed === undefined) return undefined
  const place = `${seed}/${stage}/${pass}/${attempt}`
  let known = seeds.get(place)
  if (known === undefined) {
    const digits = hash('sha256', place, 'hex').slice(0, 8)
    known = Number.parseInt(digits, 16) % 0x7ff0_0000
    seeds.set(place, known)
  }
  return known
}

/** Every call asks, and a method has few places: a pass, a question's number, a try. */
const seeds = new Map<string, number>()
