/**
 * Keeps two runs out of one folder. The file names its process, and a lock whose process is gone
 * is stale, and is taken over.
 *
 * A lock appears whole, under its name, or not at all: whoever finds one that is still empty
 * would take it for a leftover. A stale one is replaced under a claim, so that of several who
 * find it one alone takes it over.
 */
import { randomUUID } from 'node:crypto'
import { link, open, readFile, readdir, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { Failure } from '../../errors.js'
import { printable } from '../printable.js'
import { keepAlive, lifeOf } from './lock-life.js'
import { ownerOf, stateOf, thisProcess, type Owner } from './lock-owner.js'
import { stateFailed } from './state-failed.js'

export interface LockOptions {
  /** What is locked, for messages. */
  dir: string
  /** Ends the wait for a process that cannot be seen. */
  signal: AbortSignal
  log: (line: string) => void
}

export interface Lock {
  /** @throws Failure write_failed, once another process has taken it over */
  check: () => Promise<void>
  giveBack: () => Promise<void>
}

/**
 * Takes up to a minute where the lock is held by a process that cannot be seen.
 * @throws Failure state_locked, state_damaged, write_failed; the reason of `signal`
 */
export const takeLock = async (path: string, options: LockOptions): Promise<Lock> => {
  const text = `${JSON.stringify(thisProcess())}\n`
  const draft = `${path}.${randomUUID()}`
  try {
    const now = await writeSynced(draft, text)
    const taking = { ...options, path, text, draft, now }
    for (let tries = 0; tries < 10; tries++) {
      if (await appears(path, draft, text)) return await hold(taking)
      const held = await readFile(path, 'utf8').catch(missing)
      if (held === undefined || !(await isStale(path, held, taking))) continue
      if (await takesOver(held, taking)) return await hold(taking)
    }
  } catch (error) {
    options.signal.throwIfAborted()
    throw stateFailed(path, error)
  } finally {
    await rm(draft, { force: true }).catch(() => {})
  }
  throw new Failure(
    'state_locked',
    `Expected to lock ${options.dir}, but others took ${path} again and again. Is the command started more than once?`,
  )
}

interface Taking extends LockOptions {
  path: string
  text: string
  /** A file of that text. */
  draft: string
  /** When it was written, by the clock of its file system. */
  now: number
}

const hold = async ({ path, text, dir, draft, now }: Taking): Promise<Lock> => {
  await sweep(path, draft, now)
  const pulse = await keepAlive(path, text)
  return {
    check: async () => {
      if (!(await pulse.isOurs())) throw lost(dir)
    },
    giveBack: async () => {
      await pulse.stop()
      // Only what is ours: a lock that was removed by hand may be another's by now.
      if ((await readFile(path, 'utf8').catch(missing)) === text)
        await rm(path, { force: true })
    },
  }
}

/** So old a draft is no longer on its way to be a lock, in milliseconds. */
const oldDraft = 60_000

/** Removes drafts of processes that were killed before they could. */
const sweep = async (path: string, own: string, now: number): Promise<void> => {
  const folder = dirname(path)
  const drafts = (await readdir(folder)).filter(
    name => draftOf.test(name) && join(folder, name) !== own,
  )
  for (const name of drafts) {
    const draft = join(folder, name)
    const { mtimeMs = now } = (await stat(draft).catch(missing)) ?? {}
    if (now - mtimeMs > oldDraft) await rm(draft, { force: true })
  }
}

const draftOf = /^lock\.[0-9a-f]{8}-[0-9a-f-]{27}$/

/** Answers when that was, in milliseconds. */
const writeSynced = async (path: string, text: string): Promise<number> => {
  const handle = await open(path, 'wx')
  try {
    await handle.writeFile(text)
    await handle.sync()
    return (await handle.stat()).mtimeMs
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
const takesOver = async (stale: string, taking: Taking): Promise<boolean> => {
  const { path, draft, text } = taking
  const claim = `${path}.claim`
  if (!(await appears(claim, draft, text))) {
    const held = await readFile(claim, 'utf8').catch(missing)
    if (held !== undefined && (await isStale(claim, held, taking)))
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

const missing = (error: NodeJS.ErrnoException): undefined => {
  if (error.code !== 'ENOENT') throw error
}

/** False where it is there no more. @throws Failure state_locked, state_damaged */
const isStale = async (
  path: string,
  held: string,
  { dir, now, signal, log }: Taking,
): Promise<boolean> => {
  // A crash can leave it empty where it could not appear whole: nobody holds what says nothing.
  if (held.replaceAll('\0', '').trim() === '') return true
  const owner = ownerOf(held)
  if (!owner)
    throw new Failure(
      'state_damaged',
      `Expected ${path} to be the lock of a run, but it is something else. Name another --state, or remove that file if nothing works with ${dir}.`,
    )
  const state = stateOf(owner)
  const onWait = (heardOf: number, wait: number) =>
    log(
      `${dir} is locked by ${nameOf(owner)}, which cannot be seen from here (or began before a restart) and was heard of ${heardOf} s ago: waiting ${wait} s for a sign of life.`,
    )
  const life = state === 'unseen' ? await lifeOf(path, { now, signal, onWait }) : state
  if (life === 'alive') throw locked(dir, path, owner)
  return life === 'gone'
}

const nameOf = ({ pid, host }: Owner): string => `process ${pid} on ${printable(host)}`

const locked = (dir: string, path: string, owner: Owner): Failure => {
  const isSure = owner.born !== undefined || stateOf(owner) === 'unseen'
  return new Failure(
    'state_locked',
    `Expected ${dir} to be free, but ${nameOf(owner)} works with it since ${printable(owner.since)}. Wait for it or stop it${isSure ? '' : `, or remove ${path} if that process is another program`}.`,
  )
}

const lost = (dir: string): Failure =>
  new Failure(
    'write_failed',
    `Expected ${dir} to be locked by this run until its end, but another one has taken it over, which it may once a lock was removed or not touched for a minute. The other goes on with what is committed.`,
  )
