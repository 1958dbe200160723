/**
 * Which servers are there at the start. A replica that is down keeps nobody waiting: the run
 * begins with the others. Only where a group has no server at all is that a failure.
 */
import { setTimeout as delay } from 'node:timers/promises'
import { Failure } from '../errors.js'
import type { Endpoint } from './endpoint.js'
import { readServer, type ServerFacts } from './read-server.js'

/** How long the other replicas may take once the first one has answered. */
const graceMs = 1000

/**
 * Version and models of every server that answers: all of them, or those that did when the first
 * of their group has been there for a second.
 * Throws `Failure` as `readServer` does; `server_unreachable` only where a whole group is missing.
 */
export const callTheRoll = async (
  groups: readonly (readonly Endpoint[])[],
  { waitMs, signal }: { waitMs: number; signal?: AbortSignal | undefined },
): Promise<Map<Endpoint, ServerFacts>> => {
  const present = new Map<Endpoint, ServerFacts>()
  const missing = new Map<Endpoint, Failure>()
  const leaving = new AbortController()
  const asking = {
    waitMs,
    signal: AbortSignal.any([leaving.signal, ...(signal ? [signal] : [])]),
  }

  const read = async (endpoint: Endpoint): Promise<void> => {
    try {
      const facts = await readServer(endpoint, asking)
      endpoint.version = facts.version
      present.set(endpoint, facts)
    } catch (error) {
      if (!(error instanceof Failure) || error.code !== 'server_unreachable') throw error
      missing.set(endpoint, error)
    }
  }
  const reads = new Map([...new Set(groups.flat())].map(each => [each, read(each)]))

  const gather = async (group: readonly Endpoint[]): Promise<void> => {
    const all = Promise.all(group.map(each => reads.get(each)))
    const first = Promise.any(
      group.map(async each => {
        await reads.get(each)
        if (!present.has(each)) throw missing.get(each)
      }),
    )
    // A failure that is final, such as a refused key, is one at once; absence may pass.
    await Promise.race([
      all,
      first.then(
        () => delay(graceMs, undefined, { signal: leaving.signal }),
        () => all,
      ),
    ])
    if (!group.some(each => present.has(each))) throw noneOf(group, missing)
  }
  try {
    await Promise.all(groups.map(gather))
  } finally {
    leaving.abort()
    for (const each of reads.values()) each.catch(() => {})
  }
  return present
}

const noneOf = (
  group: readonly Endpoint[],
  missing: ReadonlyMap<Endpoint, Failure>,
): Failure => {
  const failures = group.map(each => missing.get(each) as Failure)
  const [first, ...others] = failures as [Failure, ...Failure[]]
  if (others.length === 0) return first
  const each = failures.map(({ message }) => `  ${message}`).join('\n')
  return new Failure(
    first.code,
    `none of ${failures.length} servers could be reached:\n${each}`,
  )
}
