/**
 * Which of the models that a server lists is meant. Asked once at the start, so that a wrong name
 * fails before the first record and not with each of them.
 */
import { Failure } from '../errors.js'
import type { Endpoint } from './endpoint.js'
import type { ServerFacts } from './read-server.js'

export interface PickedModel {
  name: string
  /** The smallest of all servers, for any of them may get a call. */
  maxModelLen?: number | undefined
}

export interface KnownServer {
  endpoint: Endpoint
  facts: ServerFacts
}

/** Throws `Failure` (usage) when the name is missing, unknown, or not the same everywhere. */
export const pickModel = (
  servers: readonly KnownServer[],
  wanted: string | undefined,
): PickedModel => {
  const picked = servers.map(server => pickFrom(server, wanted))
  const [first] = picked as [PickedModel]
  const other = picked.findIndex(({ name }) => name !== first.name)
  if (other > 0)
    throw new Failure(
      'usage',
      `servers of one group must serve one model: ${shown(servers[0])} has ${first.name}, ${shown(servers[other])} has ${picked[other]?.name}; name one with --model, or give them different roles`,
    )
  const lengths = picked.flatMap(({ maxModelLen }) => maxModelLen ?? [])
  return {
    name: first.name,
    ...(lengths.length > 0 && { maxModelLen: Math.min(...lengths) }),
  }
}

const pickFrom = (server: KnownServer, wanted: string | undefined): PickedModel => {
  const { models } = server.facts
  if (!models?.length) {
    if (wanted !== undefined) return { name: wanted }
    throw new Failure(
      'usage',
      `${shown(server)}: lists no models; name the one to use with --model`,
    )
  }
  const there = models.map(({ id }) => id).join(', ')
  if (wanted === undefined && models.length > 1)
    throw new Failure(
      'usage',
      `${shown(server)}: serves several models; name one with --model: ${there}`,
    )
  const found = wanted === undefined ? models[0] : models.find(({ id }) => id === wanted)
  if (!found)
    throw new Failure(
      'usage',
      `${shown(server)}: has no model "${wanted}"; there is ${there}`,
    )
  return { name: found.id, maxModelLen: found.maxModelLen }
}

const shown = (server: KnownServer | undefined): string =>
  server?.endpoint.address.shown ?? ''
