/**
 * A password with a slash in it ends the host of a URL in its middle. Said here with the way out,
 * since what is left of such a URL looks like one whose port is wrong.
 */
import { Failure } from '../errors.js'

/** @throws Failure usage, which holds neither the user name nor the password */
export const checkUrls = (urls: readonly string[]): void => {
  for (const url of urls) {
    const server = torn(url.trim())
    if (server !== undefined)
      throw new Failure(
        'usage',
        `${server}: the user name or the password before it ends too early. In them write / as %2F, @ as %40, ? as %3F, # as %23 and % as %25.`,
      )
  }
}

/** The server of what is no URL as it stands, and is one without its user name and password. */
const torn = (url: string): string | undefined => {
  const [, scheme = '', credentials = '', host = ''] =
    /^(https?:\/\/)(\S*)@([^@]*)$/i.exec(url) ?? []
  return /[/?#]/.test(credentials) && !URL.canParse(url) && URL.canParse(scheme + host)
    ? scheme + host
    : undefined
}
