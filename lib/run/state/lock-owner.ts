/**
 * Who holds a lock. Numbers of processes come again, and mean nothing on another machine or in
 * another container: a process is known by when it began, and seen only from its own side.
 */
import { readFileSync, readlinkSync } from 'node:fs'
import { hostname } from 'node:os'
import { z } from 'zod'

const Owner = z.object({
  pid: z.int().min(1),
  host: z.string(),
  /** What its number means something in, where the system has more than one (Linux containers). */
  space: z.string().optional(),
  /** What tells this process from a later one of the same number, where the system says it. */
  born: z.string().optional(),
  since: z.string(),
})
export type Owner = z.infer<typeof Owner>

export const thisProcess = (): Owner => ({
  pid: process.pid,
  host: hostname(),
  space: spaceHere(),
  born: bornOf(process.pid),
  since: new Date().toISOString(),
})

/** Undefined for a text that names none. */
export const ownerOf = (text: string): Owner | undefined => {
  try {
    return Owner.safeParse(JSON.parse(text)).data
  } catch {
    return undefined
  }
}

/** Whether it works, as far as that can be seen from here. */
export const stateOf = ({
  pid,
  host,
  space,
  born,
}: Owner): 'alive' | 'gone' | 'unseen' => {
  if (host !== hostname()) return 'unseen'
  if (space !== undefined && space !== spaceHere()) return 'unseen'
  // Two machines may have one name, as they have when a pod moves.
  if (born !== undefined && bootOf(born) !== bootOf(bornOf(process.pid))) return 'unseen'
  try {
    process.kill(pid, 0)
  } catch (error) {
    // EPERM: somebody else's, but there.
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return 'gone'
  }
  const now = bornOf(pid)
  return born === undefined || now === undefined || born === now ? 'alive' : 'gone'
}

/** The space of process numbers, on Linux; undefined elsewhere. */
const spaceHere = (): string | undefined => {
  try {
    return readlinkSync('/proc/self/ns/pid')
  } catch {
    return undefined
  }
}

const bootOf = (born: string | undefined): string | undefined => born?.split(' ')[0]

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
