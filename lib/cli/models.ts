/**
 * The models of `run`: the servers that were named or, where none was, a small model of our own
 * on this machine.
 */
import { Failure } from '../errors.js'
import type { Roles } from '../model/model.js'
import type { ModelsInUse, Preparing } from '../run/plan.js'
import { connectAll, namesServer } from './connect.js'
import type { Environment } from './environment.js'
import type { ServerSettings } from './server-section.js'

export interface ModelSettings {
  server: ServerSettings
  embedded: { gguf?: string | undefined; yes: boolean }
}

export const connectModels = async (
  { server, embedded }: ModelSettings,
  env: Environment,
  preparing: Preparing,
): Promise<{ roles: Roles; models: ModelsInUse }> => {
  if (!namesServer(server)) return startOwn(embedded, server, env, preparing)
  if (embedded.gguf !== undefined)
    throw new Failure(
      'usage',
      `--gguf ${embedded.gguf} is for the embedded model, but a server was named (--base-url, a role's URL, the configuration or the environment). Give one of the two.`,
    )
  const connected = await connectAll(server, env, preparing)
  return { roles: connected, models: connected }
}

const startOwn = async (
  { gguf, yes }: ModelSettings['embedded'],
  server: ServerSettings,
  env: Environment,
  preparing: Preparing,
): Promise<{ roles: Roles; models: ModelsInUse }> => {
  const { startEmbedded } = await import('../embedded/start-embedded.js')
  const own = await startEmbedded({
    gguf,
    consent: yes,
    log: preparing.log,
    signal: preparing.signal,
    onDeath: preparing.onLost,
    env,
  })
  const concurrency = server.concurrency === 'auto' ? own.concurrency : server.concurrency
  try {
    const connected = await connectAll(
      { ...server, concurrency, baseUrl: [own.url] },
      {},
      preparing,
    )
    const close = async () => {
      await connected.close()
      await own.close()
    }
    return {
      roles: connected,
      models: {
        stats: () => connected.stats(),
        openCalls: () => connected.openCalls(),
        abort: () => connected.abort(),
        close,
      },
    }
  } catch (error) {
    await own.close()
    throw error
  }
}
