/** SHA-256 of files that do not fit in memory twice. */
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { rm } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'

export const sha256 = async (path: string, signal?: AbortSignal): Promise<string> => {
  const hash = createHash('sha256')
  await pipeline(createReadStream(path), hash, signal ? { signal } : {})
  return hash.digest('hex')
}

/**
 * Removes a file that is not what it should be, so that nothing trusts it later.
 * @throws Error saying what was expected and got
 */
export const verify = async (
  path: string,
  expected: string,
  { what, signal }: { what: string; signal?: AbortSignal | undefined },
): Promise<void> => {
  const got = await sha256(path, signal)
  if (got === expected) return
  await rm(path, { force: true })
  throw new Error(
    `${what}: expected SHA-256 ${expected}, got ${got}; the file was removed. Somebody on the way changed it, or the download was cut.`,
  )
}
