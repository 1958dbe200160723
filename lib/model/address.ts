/**
 * Where a server is: what people paste (with or without `/v1`, behind a proxy's path, with
 * credentials) becomes an origin, a base path and a header, and a form that is safe to print.
 */
import { Failure } from '../errors.js'

export interface Address {
  origin: string
  /** Path before `/v1` and `/version`: empty, or `/proxy`. */
  base: string
  /** For messages: never holds credentials. */
  shown: string
  /** Value of the `authorization` header, where one is sent. */
  authorization?: string
}

/** Reads a server URL. Throws `Failure` (usage) that never repeats a password or a key. */
export const parseAddress = (text: string, apiKey?: string): Address => {
  if (/,\s*https?:\/\//i.test(text))
    throw usage(
      'several URLs in one: give each by itself, as in --base-url URL --base-url URL (only ULTRAIF_BASE_URL and OPENAI_BASE_URL take them with commas)',
    )
  const url = parseUrl(text.trim())
  // What looks like host and port may then be a user name and half a password.
  if (/@/.test(url.pathname + url.search + url.hash))
    throw usage(
      'a server URL takes no @ behind its host; in a user name or a password, write @ as %40, / as %2F, ? as %3F and # as %23',
    )
  const base = url.pathname.replace(/\/+$/, '').replace(/\/v1(\/.*)?$/, '')
  const shown = url.origin + base
  if (url.search || url.hash)
    throw usage(`${shown}: a server URL takes no query and no fragment; leave them out`)
  const authorization = authorizationOf(url, apiKey, shown)
  return { origin: url.origin, base, shown, ...(authorization && { authorization }) }
}

const parseUrl = (text: string): URL => {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url && ['http:', 'https:'].includes(url.protocol) && url.hostname) return url
  const shown = text.replace(/^([a-z][a-z\d+.-]*:\/\/)?.*@/is, '$1')
  const wanted = `http://${shown.replace(/^[^/]*:\/\//, '')}`
  const hint = URL.canParse(wanted) ? `; did you mean ${wanted}?` : ''
  throw usage(
    `"${shown}" is no server URL: expected one like http://127.0.0.1:8000${hint}`,
  )
}

const authorizationOf = (
  url: URL,
  apiKey: string | undefined,
  shown: string,
): string | undefined => {
  const key = apiKey?.trim()
  if (!url.username && !url.password) {
    if (!key) return undefined
    if (!/^[\x21-\x7e]+$/.test(key))
      throw usage(`the key for ${shown} holds characters that no HTTP header can carry`)
    return `Bearer ${key}`
  }
  if (key)
    throw usage(
      `${shown}: a key and a user name in the URL were both given, and a request carries one; leave out one of them`,
    )
  const user = `${plain(url.username)}:${plain(url.password)}`
  return `Basic ${Buffer.from(user).toString('base64')}`
}

const plain = (encoded: string): string => {
  try {
    return decodeURIComponent(encoded)
  } catch {
    return encoded
  }
}

const usage = (message: string): Failure => new Failure('usage', message)
