/** What the system has against a file, in words of people who did not write the program. */
import { messageOf } from '../errors.js'

const words: { [code: string]: string } = {
  ENOENT: 'there is no such file',
  ENOTDIR: 'a part of its path is a file and no folder',
  EISDIR: 'it is a folder',
  EACCES: 'its permissions do not let you',
  EPERM: 'its permissions do not let you',
  ELOOP: 'its links go round in a circle',
  ENAMETOOLONG: 'its name is too long',
  EMFILE: 'too many files are open (ulimit -n)',
}

/** `there is no such file`; what is rare as the system says it, `i/o error (EIO)`. */
export const whyUnreadable = (error: unknown): string => {
  const { code } = (error ?? {}) as NodeJS.ErrnoException
  const known = code !== undefined && Object.hasOwn(words, code) ? words[code] : undefined
  if (known) return known
  const [, phrase] = /^[A-Z][A-Z0-9]+: ([^,]+)/.exec(messageOf(error)) ?? []
  return phrase ? `${phrase} (${code})` : messageOf(error)
}
