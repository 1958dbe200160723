/**
 * Signs of life between processes that cannot see each other: on two machines, or in two
 * containers. Who holds a lock touches it; a lock that nobody has touched for a while belongs to
 * a machine that is gone. Times are those of the file system that the lock lies on, so that no
 * clocks are compared.
 */
import { open, stat } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'

/** Between two touches, in milliseconds. */
const touchEveryMs = 5000
/** Longer than a machine is held up that is moved or thinks for itself. */
const silentMs = 60_000
const lookEveryMs = 500

export interface Pulse {
  /** False where another process has put its own in the place of this lock. */
  isOurs: () => Promise<boolean>
  stop: () => Promise<void>
}

/** Touches a lock until it is stopped. */
export const keepAlive = async (path: string, text: string): Promise<Pulse> => {
  // By its handle: what another process has put there since is never touched.
  const handle = await open(path, 'r+')
  let touching: Promise<void> | undefined
  const touch = async (): Promise<void> => {
    await handle.write(text, 0)
    await handle.sync()
  }
  const timer = setInterval(() => {
    // A touch that fails is one that is missed: what it is a sign of shows elsewhere.
    touching ??= touch()
      .catch(() => {})
      .finally(() => (touching = undefined))
  }, touchEveryMs).unref()
  return {
    isOurs: async () => {
      const there = await stat(path).catch(() => undefined)
      const own = await handle.stat()
      return !there || (own.ino === there.ino && own.dev === there.dev)
    },
    stop: async () => {
      clearInterval(timer)
      await touching
      await handle.close()
    },
  }
}

export interface Watch {
  /** When a file was touched that has just been made beside the lock. */
  now: number
  signal: AbortSignal
  /** Told before a wait, in seconds. */
  onWait: (heardOf: number, wait: number) => void
}

/**
 * Looks at a lock for as long as it takes to know whether anybody touches it: `gone` after a
 * minute without, `alive` as soon as it is, `removed` where it is there no more. Rejects with the
 * reason of `signal`.
 */
export const lifeOf = async (
  path: string,
  { now, signal, onWait }: Watch,
): Promise<'alive' | 'gone' | 'removed'> => {
  const seen = await touchedAt(path)
  if (seen === undefined) return 'removed'
  const leftMs = silentMs - Math.max(0, now - seen)
  if (leftMs <= 0) return 'gone'
  onWait(Math.round((silentMs - leftMs) / 1000), Math.ceil(leftMs / 1000))
  for (const until = performance.now() + leftMs; performance.now() < until;) {
    await delay(lookEveryMs, undefined, { signal }).catch(() => signal.throwIfAborted())
    const touched = await touchedAt(path)
    if (touched === undefined) return 'removed'
    if (touched !== seen) return 'alive'
  }
  return 'gone'
}

/** Opened, since network file systems ask their server no sooner. */
const touchedAt = async (path: string): Promise<number | undefined> => {
  try {
    const handle = await open(path, 'r')
    try {
      return (await handle.stat()).mtimeMs
    } finally {
      await handle.close()
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}
