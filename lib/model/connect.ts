/**
 * From settings to servers: one endpoint for every server and key, and one group for every
 * distinct set of them, however many roles use it, so that all calls for the same servers meet in
 * one queue, and no server gets more than its limit.
 */
import type { z } from 'zod'
import { Failure } from '../errors.js'
import { type Address, parseAddress } from './address.js'
import { readSchemaSupport, type SchemaSupport } from './capabilities.js'
import { Endpoint } from './endpoint.js'
import type { vllmOptions } from './options.js'
import { type KnownServer, type PickedModel, pickModel } from './pick-model.js'
import type { ServerFacts } from './read-server.js'
import { backOffCapMs } from './retry.js'
import { callTheRoll } from './roll.js'
import { ServerGroup } from './server-group.js'
import { blindLimit } from './start-limit.js'
import { readStart, Steering } from './steering.js'
import { tellHealth } from './tell-health.js'
import { VllmModel } from './vllm-model.js'
import type { Body } from './wire.js'

type Options = z.output<typeof vllmOptions>
type CallSettings = Omit<Options, 'urls' | 'model' | 'apiKey' | 'extraBody'>

export interface Wanted {
  urls: string[]
  model?: string | undefined
  apiKey?: string | undefined
  extraBody?: Body | undefined
  /** Whether its calls come with answer schemas: then it is found out if they are honoured. */
  structured: boolean
}

/** Models in the order asked for. Throws `Failure`, and leaves no socket open when it does. */
export const connect = async (
  wanted: readonly Wanted[],
  settings: CallSettings,
): Promise<VllmModel[]> => {
  const { concurrency, startWaitMs: waitMs, signal, log = () => {} } = settings
  const places = placesOf(wanted, settings)
  const groups = [...new Set(places.map(({ servers }) => servers))]
  const endpoints = new Set(groups.flatMap(({ group }) => group.endpoints))
  try {
    const present = await callTheRoll(
      groups.map(({ group }) => group.endpoints),
      { waitMs, signal },
    )
    const picked = places.map(({ want, servers }) => {
      const model = pickModel(servers.known(present), want.model)
      for (const { models } of servers.group.endpoints) models.add(model.name)
      return { want, servers, model }
    })
    const made = await Promise.all(
      picked.map(async ({ want, servers, model }) => {
        const extraBody = want.extraBody ?? {}
        const support = want.structured
          ? await servers.schemaSupport(model, extraBody)
          : 'unknown'
        const structured = support === 'honoured' || support === 'unknown'
        return new VllmModel(servers.group, { ...model, extraBody, structured, signal })
      }),
    )
    await Promise.all(
      [...endpoints].map(endpoint => {
        const its = groups
          .map(({ group }) => group)
          .filter(group => group.endpoints.includes(endpoint))
        joinIn(endpoint, its, present.has(endpoint), log)
        return concurrency === 'auto'
          ? steer(endpoint, its, present.has(endpoint), { signal, log })
          : undefined
      }),
    )
    return made
  } catch (error) {
    for (const endpoint of endpoints) endpoint.destroy()
    throw error
  }
}

/** Tells people of a server that is not there yet, and from now on of its comings and goings. */
const joinIn = (
  endpoint: Endpoint,
  groups: readonly ServerGroup[],
  isPresent: boolean,
  log: (line: string) => void,
): void => {
  const others = new Set(groups.flatMap(({ endpoints }) => endpoints))
  others.delete(endpoint)
  if (!isPresent) {
    log(
      `${endpoint.address.shown}: not there yet; the others begin, and it joins them when it comes`,
    )
    endpoint.health.absent('it was not there at the start')
  }
  tellHealth(endpoint, () => [...others].filter(({ health }) => health.well).length, log)
}

/** Lets the server's limit follow its gauges, from what they say now. */
const steer = async (
  endpoint: Endpoint,
  groups: readonly ServerGroup[],
  isPresent: boolean,
  { signal, log }: Pick<CallSettings, 'signal' | 'log'>,
): Promise<void> => {
  const [model] = endpoint.models
  const start = isPresent ? await readStart(endpoint, { model, signal }) : {}
  const queued = () => groups.reduce((sum, group) => sum + group.queued, 0)
  endpoint.steering = new Steering(endpoint, { start, queued, model, log })
}

interface Place {
  want: Wanted
  servers: Servers
}

const placesOf = (wanted: readonly Wanted[], settings: CallSettings): Place[] => {
  const { concurrency, deadlineMs, client } = settings
  const limit = concurrency === 'auto' ? blindLimit : concurrency
  const endpoints = new Map<string, Endpoint>()
  const groups = new Map<string, Servers>()
  const onLost = once(settings.onLost)

  const endpointAt = (address: Address): [key: string, Endpoint] => {
    const key = JSON.stringify(Object.values(address))
    const endpoint =
      endpoints.get(key) ??
      new Endpoint(address, { concurrency: limit, deadlineMs, client })
    endpoints.set(key, endpoint)
    return [key, endpoint]
  }
  return wanted.map(want => {
    const members = new Map(addressesOf(want).map(endpointAt))
    const key = [...members.keys()].sort().join('\n')
    const servers =
      groups.get(key) ?? new Servers([...members.values()], { ...settings, onLost })
    groups.set(key, servers)
    return { want, servers }
  })
}

const addressesOf = ({ urls, apiKey }: Wanted): Address[] => {
  const addresses = urls.map(url => parseAddress(url, apiKey))
  const twice = addresses.find(
    ({ shown }, i) => addresses.findIndex(other => other.shown === shown) < i,
  )
  if (twice) throw new Failure('usage', `${twice.shown}: the same server is named twice`)
  return addresses
}

/** However many groups lose their servers, a run ends once. */
const once = (onLost: ((failure: Failure) => void) | undefined) => {
  let told = false
  return (message: string): void => {
    if (!told) onLost?.(new Failure('servers_lost', message))
    told = true
  }
}

/** A group being made ready. What several roles want to know of it is asked once. */
class Servers {
  readonly group: ServerGroup
  readonly #signal: AbortSignal | undefined
  readonly #support = new Map<string, Promise<SchemaSupport>>()
  #first: Endpoint | undefined

  constructor(
    endpoints: readonly Endpoint[],
    {
      deadlineMs,
      batch,
      retries,
      backoffMs,
      signal,
      log = () => {},
      onLost,
    }: Omit<CallSettings, 'onLost'> & { onLost: (message: string) => void },
  ) {
    this.#signal = signal
    this.group = new ServerGroup(endpoints, {
      deadlineMs,
      batch,
      retries,
      backOff: { baseMs: backoffMs, capMs: backOffCapMs },
      log,
      onLost,
    })
  }

  /** Those that are there, one at least. */
  known(present: ReadonlyMap<Endpoint, ServerFacts>): KnownServer[] {
    const known = this.group.endpoints.flatMap(endpoint => {
      const facts = present.get(endpoint)
      return facts ? [{ endpoint, facts }] : []
    })
    this.#first = known[0]?.endpoint
    return known
  }

  /** Of the first server: replicas that differ here would differ in their rows too. */
  schemaSupport({ name }: PickedModel, extraBody: Body): Promise<SchemaSupport> {
    const key = JSON.stringify([name, extraBody])
    const asked =
      this.#support.get(key) ??
      readSchemaSupport(this.#first as Endpoint, name, extraBody, {
        signal: this.#signal,
      })
    this.#support.set(key, asked)
    return asked
  }
}
