/**
 * The four roles of the method on their servers. They may all be one model; roles on the same
 * servers share queue, limit and sockets even where model name or extra body differ.
 */
import { Failure } from '../errors.js'
import { connect, type Wanted } from './connect.js'
import type { ModelStats, OpenCallState, Roles, ServerStats } from './model.js'
import { roleNames } from './model.js'
import { type ConnectOptions, connectOptions, readOptions } from './options.js'
import type { ServerGroup } from './server-group.js'
import type { VllmModel } from './vllm-model.js'

export interface ConnectedRoles extends Roles {
  /** Over all roles; servers that several roles share are counted once. */
  stats(): ModelStats
  /** The calls that are open, over all roles. */
  openCalls(): OpenCallState[]
  /** Waits for open calls and closes the sockets. */
  close(): Promise<void>
  /** Cuts open calls: they settle as `aborted`. */
  abort(): void
}

/** Throws `Failure` as `vllm()` does, and `no_model_server` where a role has no URL. */
export const connectRoles = async (options: ConnectOptions): Promise<ConnectedRoles> => {
  const { urls, model, apiKey, extraBody, roles, ...settings } = readOptions(
    connectOptions,
    options,
    'models',
  )
  const wanted = roleNames.map((name): Wanted => {
    const own = roles[name]
    const base = own?.urls ? {} : { urls, model, apiKey, extraBody }
    const places = own?.urls ?? urls
    if (!places) throw new Failure('no_model_server', `no server for the role ${name}`)
    return {
      urls: places,
      model: own?.model ?? base.model,
      apiKey: own?.apiKey ?? base.apiKey,
      extraBody: own?.extraBody ?? base.extraBody,
      // Responses are free text: this role alone needs no answer schema.
      structured: name !== 'generate',
    }
  })
  const models = await connect(wanted, settings)
  const [decompose, compose, generate, judge] = models as Four<VllmModel>
  return {
    decompose,
    compose,
    generate,
    judge,
    stats: () => total(models),
    openCalls: () => groupsOf(models).flatMap(group => group.openCalls()),
    close: async () => {
      await Promise.all(models.map(each => each.close()))
    },
    abort: () => {
      for (const each of models) each.abort()
    },
  }
}

type Four<T> = [T, T, T, T]

const total = (models: readonly VllmModel[]): ModelStats => {
  const stats = models.map(model => model.stats())
  const groups = groupsOf(models)
  const servers = new Map(
    groups.flatMap(group =>
      group.endpoints.map((endpoint, i) => [endpoint, group.servers[i] as ServerStats]),
    ),
  )
  const calls: ModelStats['calls'] = {}
  for (const each of stats)
    for (const [label, n] of Object.entries(each.calls))
      calls[label] = (calls[label] ?? 0) + n
  return {
    calls,
    ended: sum(stats, each => each.ended),
    failed: sum(stats, each => each.failed),
    retries: sum(stats, each => each.retries),
    tokens: {
      prompt: sum(stats, each => each.tokens.prompt),
      completion: sum(stats, each => each.tokens.completion),
    },
    inFlight: sum([...servers.values()], server => server.inFlight),
    limit: sum([...servers.values()], server => server.limit),
    queued: sum(groups, group => group.queued),
    servers: [...servers.values()],
  }
}

/** Roles on the same servers share a group. */
const groupsOf = (models: readonly VllmModel[]): ServerGroup[] => [
  ...new Set(models.map(({ group }) => group)),
]

const sum = <T>(items: readonly T[], of: (item: T) => number): number =>
  items.reduce((total, item) => total + of(item), 0)
