/**
 * A large file over HTTP onto disk, going on where it broke off: within one call after a dropped
 * connection, and in a later run through `partial`. Proxies of the environment are honoured.
 */
import { open, stat } from 'node:fs/promises'
import type { Dispatcher } from 'undici'
import { messageOf } from '../../errors.js'

export interface DownloadOptions {
  url: string
  /** Where the bytes go, and where some may lie already. */
  partial: string
  /** Size of the whole. */
  bytes: number
  onProgress?: (bytes: number) => void
  signal?: AbortSignal | undefined
  connectMs?: number
  /** Longest silence of the server in the middle. */
  idleMs?: number
}

const tries = 4

/** @throws Error that says why the server was of no use, naming the URL */
export const download = async (options: DownloadOptions): Promise<void> => {
  const { url, connectMs = 5000, idleMs = 30_000, signal } = options
  const { EnvHttpProxyAgent, interceptors } = await import('undici')
  const agent = new EnvHttpProxyAgent({
    connect: { timeout: connectMs },
    headersTimeout: idleMs,
    bodyTimeout: idleMs,
  })
  const dispatcher = agent.compose(interceptors.redirect({ maxRedirections: 5 }))
  try {
    for (let attempt = 1; ; attempt++) {
      const had = await sizeOf(options.partial)
      try {
        return await fetchRest(dispatcher, options)
      } catch (error) {
        signal?.throwIfAborted()
        const gained = (await sizeOf(options.partial)) > had
        if (!gained || attempt === tries)
          throw new Error(`${url}: ${messageOf(error) || 'no connection'}`, {
            cause: error,
          })
      }
    }
  } finally {
    await agent.destroy()
  }
}

const fetchRest = async (
  dispatcher: Dispatcher,
  { url, partial, bytes, onProgress, signal }: DownloadOptions,
): Promise<void> => {
  const { request } = await import('undici')
  const have = await sizeOf(partial)
  if (have === bytes) return
  const from = have > 0 && have < bytes ? have : 0
  const { statusCode, headers, body } = await request(url, {
    dispatcher,
    signal: signal ?? null,
    headers: from > 0 ? { range: `bytes=${from}-` } : {},
  })
  // 200 to a request for a part means: all of it, from the start.
  const resumed = statusCode === 206 && isFrom(headers['content-range'], from)
  if (statusCode !== 200 && !resumed) {
    await body.dump()
    throw new Error(`expected the file, got status ${statusCode}`)
  }
  let got = resumed ? from : 0
  // Chunk by chunk, so that what arrived before a break is on disk and not in a buffer.
  const file = await open(partial, resumed ? 'a' : 'w')
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      got += chunk.length
      if (got > bytes) throw new Error(`expected ${bytes} bytes, got more`)
      await file.writeFile(chunk)
      onProgress?.(got)
    }
  } finally {
    await file.close()
  }
  if (got < bytes) throw new Error(`expected ${bytes} bytes, got ${got}`)
}

const isFrom = (range: string | string[] | undefined, from: number): boolean =>
  String(range ?? '').startsWith(`bytes ${from}-`)

const sizeOf = async (path: string): Promise<number> =>
  (await stat(path).catch(() => undefined))?.size ?? 0
