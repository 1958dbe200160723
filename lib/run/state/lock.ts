/**
 * Keeps two runs out of one folder. The file names its process, and when that began, since
 * numbers of processes come again: a lock whose process is gone is stale, and is taken over.
 *
 * A lock appears whole, under its name, or not at all: whoever finds one that is still empty
 * would take it for a leftover. A stale one is replaced under a claim, so that of several who
 * find it one alone takes it over.
 */
import { randomUUID } from 'node:crypto'
import { link, open, readFile, rename, rm } from 'node:fs/promises'
import { readFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { z } from 'zod'
import { Failure } from '../../errors.js'
import { printable } from '../printable.js'
import { stateFailed } from './state-failed.js'

const Owner = z.object({
  pid: z.int().min(1),
  host: z.string(),
  /** What tells this process from a later one of the same number, where the system says it. */
  born: z.string().optional(),
  since: z.string(),
})
type Owner = z.infer<typeof Owner>

/** Answers what gives the lock back. @throws Failure state_locked, state_damaged, write_failed */
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
  const draft = `${path}.${randomUUID()}`
  try {
    await writeSynced(draft, text)
    for (let tries = 0; tries < 10; tries++) {
      if (await appears(path, draft, text)) return () => giveBack(path, text)
      const held = await readFile(path, 'utf8').catch(missing)
      if (held === undefined) continue
      refuseHeld(dir, path, held)
      if (await takesOver(path, draft, text, held, dir)) return () => giveBack(path, text)
    }
  } catch (error) {
    throw stateFailed(path, error)
  } finally {
    await rm(draft, { force: true }).catch(() => {})
  }
  throw new Failure(
    'state_locked',
    `Expected to lock ${dir}, but others took ${path} again and again. Is the command started more than once?`,
  )
}

const writeSynced = async (path: string, text: string): Promise<void> => {
  const handle = await open(path, 'wx')
  try {
    await handle.writeFile(text)
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** Gives the draft a second name, unless that is taken. */
const appears = async (path: string, draft: string, text: string): Promise<boolean> => {
  try {
    await link(draft, path)
    return true
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'EEXIST') return false
    if (!code || !withoutLinks.has(code)) throw error
  }
  return writeSynced(path, text).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'EEXIST') return false
      throw error
    },
  )
}

/** What file systems say that have no second names, as FAT and some of networks. */
const withoutLinks: ReadonlySet<string> = new Set([
  'EPERM',
  'ENOTSUP',
  'ENOSYS',
  'EINVAL',
])

/** Replaces a stale lock. While somebody has the claim, nobody else does. */
const takesOver = async (
  path: string,
  draft: string,
  text: string,
  stale: string,
  dir: string,
): Promise<boolean> => {
  const claim = `${path}.claim`
  if (!(await appears(claim, draft, text))) {
    const held = await readFile(claim, 'utf8').catch(missing)
    if (held === undefined) return false
    refuseHeld(dir, claim, held)
    await rm(claim, { force: true })
    return false
  }
  try {
    if ((await readFile(path, 'utf8').catch(missing)) !== stale) return false
    await rename(draft, path)
    return true
  } finally {
    await rm(claim, { force: true })
  }
}

/** Only what is ours: a lock that was removed by hand may be another's by now. */
const giveBack = async (path: string, text: string): Promise<void> => {
  if ((await readFile(path, 'utf8').catch(missing)) === text)
    await rm(path, { force: true })
}

const missing = (error: NodeJS.ErrnoException): undefined => {
  if (error.code !== 'ENOENT') throw error
}

/** Passes where the lock is stale. @throws Failure state_locked, state_damaged */
const refuseHeld = (dir: string, path: string, held: string): void => {
  // A crash can leave it empty where it could not appear whole: nobody holds what says nothing.
  if (held.replaceAll('\0', '').trim() === '') return
  const owner = ownerOf(held)
  if (!owner)
    throw new Failure(
      'state_damaged',
      `Expected ${path} to be the lock of a run, but it is something else. Name another --state, or remove that file if nothing works with ${dir}.`,
    )
  if (isAlive(owner)) throw locked(dir, path, owner)
}

const ownerOf = (text: string): Owner | undefined => {
  try {
    return Owner.safeParse(JSON.parse(text)).data
  } catch {
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
    const facts = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    // Killed, and its parent has not looked yet: it holds nothing any more.
    if (facts[0] === 'Z') return 'ended'
    return facts[19] && `${boot} ${facts[19]}`
  } catch {
    return undefined
  }
}

const locked = (
  dir: string,
  path: string,
  { pid, host, since, born }: Owner,
): Failure => {
  const elsewhere = host !== hostname()
  return new Failure(
    'state_locked',
    `Expected ${dir} to be free, but process ${pid} on ${printable(host)} works with it since ${printable(since)}. Wait for it or stop it${elsewhere ? `, or remove ${path} if that machine is gone` : born === undefined ? `, or remove ${path} if that process is another program` : ''}.`,
  )
}
