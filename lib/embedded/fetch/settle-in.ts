/**
 * Gives a finished download its final name in one step: whoever sees the name sees all of it. Two
 * processes may do the same work side by side; the first one wins and the other's is dropped.
 */
import { mkdir, mkdtemp, readdir, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

export interface SettleOptions {
  /** Whether what has the final name is good; if not, it is replaced. */
  isGood: () => Promise<boolean>
  /** Does the work in `workshop`, a folder of its own, and answers with the path of the result. */
  make: (workshop: string) => Promise<string>
}

const prefix = '.making-'
const dayMs = 24 * 3600 * 1000

/** Virus scanners on Windows hold fresh files open for a moment. */
const renameTries = [0, 100, 400, 1600]

export const settleIn = async (
  target: string,
  { isGood, make }: SettleOptions,
): Promise<void> => {
  if (await isGood()) return
  const folder = dirname(target)
  await mkdir(folder, { recursive: true })
  await sweep(folder)
  // On the same disk as the target, or the rename would be a copy.
  const workshop = await mkdtemp(join(folder, prefix))
  try {
    const made = await make(workshop)
    if (await isGood()) return
    for (const [index, waitMs] of renameTries.entries()) {
      await delay(waitMs)
      try {
        return await rename(made, target)
      } catch (error) {
        if (await isGood()) return
        if (index === renameTries.length - 1) throw error
        // What stands there is a broken leftover: moved, not removed in place, so that nobody sees half.
        await rename(target, join(workshop, `broken-${index}`)).catch(() => {})
      }
    }
  } finally {
    await rm(workshop, { recursive: true, force: true, maxRetries: 3 })
  }
}

/** Workshops of processes that were killed. */
const sweep = async (folder: string): Promise<void> => {
  for (const name of await readdir(folder)) {
    if (!name.startsWith(prefix)) continue
    const path = join(folder, name)
    const made = await stat(path).catch(() => undefined)
    if (made && Date.now() - made.mtimeMs > dayMs)
      await rm(path, { recursive: true, force: true })
  }
}
