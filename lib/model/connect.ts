/**
 * From settings to servers: one group for every distinct set of URLs and key, however many roles
 * use it, so that all their calls meet in one queue under one limit.
 */
import type { z } from 'zod'
import { Failure } from '../errors.js'
import { type Address, parseAddress } from './address.js'
import { readSchemaSupport, type SchemaSupport } from './capabilities.js'
import { Endpoint } from './endpoint.js'
import { autoConcurrency, type vllmOptions } from './options.js'
import { type KnownServer, type PickedModel, pickModel } from './pick-model.js'
import { readServer } from './read-server.js'
import { backOffCapMs } from './retry.js'
import { ServerGroup } from './server-group.js'
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
  const groups = new Map<string, Servers>()
  const places = wanted.map(want => {
    const addresses = addressesOf(want)
    const key = JSON.stringify(addresses.map(address => Object.values(address)).sort())
    const servers = groups.get(key) ?? new Servers(addresses, settings)
    groups.set(key, servers)
    return { want, servers }
  })
  try {
    await Promise.all([...groups.values()].map(servers => servers.read()))
    const picked = places.map(({ want, servers }) => ({
      want,
      servers,
      model: pickModel(servers.known, want.model),
    }))
    return await Promise.all(
      picked.map(async ({ want, servers, model }) => {
        const extraBody = want.extraBody ?? {}
        const support = want.structured
          ? await servers.schemaSupport(model, extraBody)
          : 'unknown'
        const structured = support === 'honoured' || support === 'unknown'
        return new VllmModel(servers.group, {
          ...model,
          extraBody,
          structured,
          signal: settings.signal,
        })
      }),
    )
  } catch (error) {
    for (const { group } of groups.values())
      for (const endpoint of group.endpoints) endpoint.destroy()
    throw error
  }
}

const addressesOf = ({ urls, apiKey }: Wanted): Address[] => {
  const addresses = urls.map(url => parseAddress(url, apiKey))
  const twice = addresses.find(
    ({ shown }, i) => addresses.findIndex(other => other.shown === shown) < i,
  )
  if (twice) throw new Failure('usage', `${twice.shown}: the same server is named twice`)
  return addresses
}

/** A group being made ready. What several roles want to know of it is asked once. */
class Servers {
  readonly group: ServerGroup
  known: KnownServer[] = []
  readonly #settings: CallSettings
  readonly #support = new Map<string, Promise<SchemaSupport>>()

  constructor(addresses: readonly Address[], settings: CallSettings) {
    const { concurrency, deadlineMs, retries, backoffMs, client } = settings
    const limit = concurrency === 'auto' ? autoConcurrency : concurrency
    this.#settings = settings
    this.group = new ServerGroup(
      addresses.map(address => new Endpoint(address, { concurrency: limit, client })),
      { deadlineMs, retries, backOff: { baseMs: backoffMs, capMs: backOffCapMs } },
    )
  }

  async read(): Promise<void> {
    const { startWaitMs: waitMs, signal } = this.#settings
    this.known = await Promise.all(
      this.group.endpoints.map(async endpoint => ({
        endpoint,
        facts: await readServer(endpoint, { waitMs, signal }),
      })),
    )
  }

  /** Of the first server: replicas that differ here would differ in their rows too. */
  schemaSupport({ name }: PickedModel, extraBody: Body): Promise<SchemaSupport> {
    const { signal } = this.#settings
    const key = JSON.stringify([name, extraBody])
    const asked =
      this.#support.get(key) ??
      readSchemaSupport(this.group.endpoints[0] as Endpoint, name, extraBody, { signal })
    this.#support.set(key, asked)
    return asked
  }
}
