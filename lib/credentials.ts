/**
 * Keys and passwords in texts that are shown or kept. Nothing may repeat them: what a run prints
 * is pasted into reports, and its rejects are handed round.
 */

/**
 * Without the user names and passwords of URLs. Of a password with `/` or `@` in it, as people
 * paste them, nothing stays either; at worst a part of a path goes along.
 */
export const withoutCredentials = (text: string): string =>
  text.includes('@') ? text.replace(/:\/\/[^\s"'<>]*@/g, '://') : text

/** The value of an `authorization` header in all the forms in which a server may quote it. */
export const secretsOf = (authorization: string | undefined): string[] => {
  const [, scheme, value = ''] = /^(\w+) (.+)$/.exec(authorization ?? '') ?? []
  if (!value) return []
  const plain = scheme === 'Basic' ? Buffer.from(value, 'base64').toString() : ''
  const password = plain.slice(plain.indexOf(':') + 1)
  const secrets = [value, plain, ...(password.length >= shortest ? [password] : [])]
  const forms = secrets.flatMap(secret => [
    secret,
    JSON.stringify(secret).slice(1, -1),
    encodeURIComponent(secret),
  ])
  // The longest first: one may be a part of another.
  return [...new Set(forms)].filter(Boolean).sort((a, b) => b.length - a.length)
}

/** A password of fewer characters stands in half of all words, and could not be told from them. */
const shortest = 4

/** Also without the beginning of one at the end of a text that broke off there. */
export const withoutSecrets = (text: string, secrets: readonly string[]): string =>
  secrets.reduce((left, secret) => {
    const rest = left.replaceAll(secret, hidden)
    return rest.slice(0, rest.length - tornLength(rest, secret))
  }, text)

const hidden = '[key]'

/** How much of a secret a text ends with. */
const tornLength = (text: string, secret: string): number => {
  for (let length = secret.length - 1; length >= shortest; length--)
    if (text.endsWith(secret.slice(0, length))) return length
  return 0
}
