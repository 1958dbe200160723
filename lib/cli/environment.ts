/**
 * What the environment says: the server's address, and the keys. A key goes only to the server
 * it was set for, and `OPENAI_API_KEY`, which many people have lying around, only to the URL
 * that stands beside it.
 */
import { roleNames, type RoleName } from '../model/model.js'
import type { Layer } from './settle.js'

export type Environment = { [name: string]: string | undefined }

const set = (text: string | undefined): string | undefined => text?.trim() || undefined

const list = (text: string | undefined): string[] | undefined => {
  const urls = (text ?? '').split(',').flatMap(url => set(url) ?? [])
  return urls.length > 0 ? urls : undefined
}

/** `ULTRAIF_BASE_URL` (several with commas), else `OPENAI_BASE_URL`. */
export const environmentLayer = (env: Environment): Layer => {
  const own = list(env['ULTRAIF_BASE_URL'])
  return {
    values: { baseUrl: own ?? list(env['OPENAI_BASE_URL']) },
    name: () => (own ? 'ULTRAIF_BASE_URL' : 'OPENAI_BASE_URL'),
  }
}

export interface Keys {
  /** For the server of `--base-url`. */
  all?: string
  roles: { [Role in RoleName]?: string }
}

/** `baseUrls` are those in use: the OpenAI key is given only if they are the OpenAI ones. */
export const keysFor = (env: Environment, baseUrls: string[]): Keys => {
  const openai = list(env['OPENAI_BASE_URL'])?.join() === baseUrls.join()
  const all =
    set(env['ULTRAIF_API_KEY']) ?? (openai ? set(env['OPENAI_API_KEY']) : undefined)
  const roles = roleNames.flatMap(role => {
    const key = set(env[`ULTRAIF_${role.toUpperCase()}_API_KEY`])
    return key ? [[role, key]] : []
  })
  return { ...(all ? { all } : {}), roles: Object.fromEntries(roles) }
}
