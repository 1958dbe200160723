/**
 * Keeps two runs out of one folder. The file names its process, and when that began, since
 * numbers of processes come again: a lock whose process is gone is stale, and is taken over.
 */
import { open, readFile, rename, rm } from 'node:fs/promises'
import { readFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { z } from 'zod'
import { Failure } from '../../errors.js'
import { stateFailed } from './state-failed.js'

const Owner = z.object({
  pid: z.int(),
  host: z.string(),
  /** What tells this process from a later one of the same number, where the system says it. */
  born: z.string().optional(),
  since: z.string(),
})
type Owner = z.infer<typeof Owner>

/** Answers what gives the lock back. @throws Failure state_locked, write_failed */
export const takeLock = async (
  path: string,
  dir: string,
): Promise<() => Promise<void>> => {
  const own: Owner = {
    pid: process.pid,
    host: hostname(),
    born: bornOf(process.pid),
    since: new Date().toISOString(),
  }
  const text = `${JSON.stringify(own)}\n`
  for (let tries = 0; tries < 10; tries++) {
    if (await createWith(path, text)) return () => rm(path, { force: true })
    const held = await readFile(path, 'utf8').catch(() => undefined)
    if (held === undefined) continue
    const owner = ownerOf(held)
    if (owner && isAlive(owner)) throw locked(dir, path, owner)
    await removeStale(path, held)
  }
  throw new Failure(
    'state_locked',
    `Expected to lock ${dir}, but others took ${path} again and again. Is the command started more than once?`,
  )
}

const createWith = async (path: string, text: string): Promise<boolean> => {
  try {
    const handle = await open(path, 'wx')
    try {
      await handle.writeFile(text)
      await handle.sync()
    } finally {
      await handle.close()
    }
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw stateFailed(path, error)
  }
}

/** Two runs may find the same stale lock: what was moved away is looked at before it is thrown away. */
const removeStale = async (path: string, stale: string): Promise<void> => {
  const aside = `${path}.${process.pid}`
  try {
    await rename(path, aside)
  } catch {
    return
  }
  const moved = await readFile(aside, 'utf8').catch(() => stale)
  if (moved === stale) await rm(aside, { force: true })
  else await rename(aside, path)
}

const ownerOf = (text: string): Owner | undefined => {
  try {
    return Owner.safeParse(JSON.parse(text)).data
  } catch {
    // A crash can leave it empty: nobody holds a lock that says nothing.
    return undefined
  }
}

/** A process on another machine cannot be seen: it counts as alive. */
const isAlive = ({ pid, host, born }: Owner): boolean => {
  if (host !== hostname()) return true
  try {
    process.kill(pid, 0)
  } catch (error) {
    // EPERM: somebody else's, but there.
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false
  }
  const now = bornOf(pid)
  return born === undefined || now === undefined || born === now
}

/** Boot and start time of a process, on Linux; undefined elsewhere. */
const bornOf = (pid: number): string | undefined => {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // The name of the program, in brackets, may hold anything, spaces and brackets included.
    const started = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]
    return started && `${boot} ${started}`
  } catch {
    return undefined
  }
}

const locked = (dir: string, path: string, { pid, host, since }: Owner): Failure =>
  new Failure(
    'state_locked',
    `Expected ${dir} to be free, but process ${pid} on ${host} works with it since ${since}. Wait for it or stop it${host === hostname() ? '' : `, or remove ${path} if that machine is gone`}.`,
  )
