/**
 * From the settings and the environment to connected models. A server that was named is used or
 * complained about, never replaced.
 */
import { Failure } from '../errors.js'
import { connectRoles, type ConnectedRoles } from '../model/connect-roles.js'
import { roleNames, type Model, type RoleName } from '../model/model.js'
import type { ConnectOptions } from '../model/options.js'
import { vllm } from '../model/vllm.js'
import type { Preparing } from '../run/plan.js'
import { checkUrls } from './check-urls.js'
import { keysFor, type Environment } from './environment.js'
import type { ServerSettings } from './server-section.js'

const roleOf = (settings: ServerSettings, role: RoleName, key: string | undefined) => {
  const urls = settings[`${role}Url`]
  const model = settings[`${role}Model`]
  const extraBody = settings[`${role}ExtraBody`]
  return {
    ...(urls.length === 0 ? {} : { urls }),
    ...(model === undefined ? {} : { model }),
    ...(extraBody === undefined ? {} : { extraBody }),
    ...(key === undefined ? {} : { apiKey: key }),
  }
}

/** Whether any server was named, by flag, environment or configuration. */
export const namesServer = (settings: ServerSettings): boolean =>
  settings.baseUrl.length > 0 || roleNames.some(role => settings[`${role}Url`].length > 0)

/** What is the same for one role and for four. */
const callsOf = ({ concurrency, batch, deadline, retries }: ServerSettings) => ({
  concurrency,
  batch,
  deadlineMs: deadline,
  retries,
})

/** @throws Failure usage for a URL whose password has to be encoded */
export const connectOptionsOf = (
  settings: ServerSettings,
  env: Environment,
): ConnectOptions => {
  const { baseUrl, model } = settings
  checkUrls([...baseUrl, ...roleNames.flatMap(role => settings[`${role}Url`])])
  const keys = keysFor(env, baseUrl)
  return {
    ...callsOf(settings),
    ...(baseUrl.length > 0 ? { urls: baseUrl } : {}),
    ...(model === undefined ? {} : { model }),
    ...(keys.all === undefined || baseUrl.length === 0 ? {} : { apiKey: keys.all }),
    roles: Object.fromEntries(
      roleNames.map(role => [role, roleOf(settings, role, keys.roles[role])]),
    ),
  }
}

/** All four roles, for `run`. @throws Failure as `connectRoles` does */
export const connectAll = (
  settings: ServerSettings,
  env: Environment,
  preparing: Preparing,
): Promise<ConnectedRoles> =>
  connectRoles({ ...connectOptionsOf(settings, env), ...preparing })

/** One role, for a command of one stage. @throws Failure no_model_server, and as `vllm` does */
export const connectRole = (
  role: RoleName,
  settings: ServerSettings,
  env: Environment,
  preparing: Preparing,
): Promise<Model> => {
  const { roles, urls, model, apiKey, ...calls } = connectOptionsOf(settings, env)
  const own = roles?.[role] ?? {}
  const inherited = own.urls ? {} : { urls, model, apiKey }
  const options = { ...calls, ...inherited, ...own, ...preparing }
  if (!options.urls)
    throw new Failure(
      'no_model_server',
      `Expected a model server: name one with --base-url URL (or --${role}-url) or in ULTRAIF_BASE_URL. Only ultraif run can do without, on a small model of its own.`,
    )
  return vllm({ ...options, urls: options.urls })
}
