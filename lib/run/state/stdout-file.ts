/** What stdout is where it is a file, as far as the system tells (Linux). */
import {
  closeSync,
  fstatSync,
  openSync,
  readFileSync,
  readSync,
  type Stats,
} from 'node:fs'
import { realpath, stat } from 'node:fs/promises'
import type { Writable } from 'node:stream'

export type Stdout = Writable & { isTTY?: boolean; fd?: unknown }

/** Undefined for what is no regular file. */
export const fileBehind = ({ fd }: { fd?: unknown }): Stats | undefined => {
  if (typeof fd !== 'number') return undefined
  try {
    const stats = fstatSync(fd)
    return stats.isFile() ? stats : undefined
  } catch {
    return undefined
  }
}

/**
 * The name of a file behind `>>`, which can be written to by its name as well. Undefined where
 * stderr goes there, too: a file that takes messages is none that a run has for itself.
 */
export const appendedFile = async (
  stdout: Stdout,
  stderr: { fd?: unknown } = process.stderr,
): Promise<string | undefined> => {
  const own = fileBehind(stdout)
  if (!own || !isAppendedTo(stdout.fd as number)) return undefined
  const told = fileBehind(stderr)
  if (told?.ino === own.ino && told.dev === own.dev) return undefined
  try {
    const path = await realpath(`/proc/self/fd/${stdout.fd as number}`)
    const there = await stat(path)
    return there.ino === own.ino && there.dev === own.dev ? path : undefined
  } catch {
    return undefined
  }
}

/** Whether a file is empty or ends in a line end; true where that cannot be seen. */
export const endsInLine = (stdout: Stdout): boolean => {
  const size = fileBehind(stdout)?.size ?? 0
  if (size === 0) return true
  try {
    const fd = openSync(`/proc/self/fd/${stdout.fd as number}`, 'r')
    try {
      const last = Buffer.alloc(1)
      readSync(fd, last, 0, 1, size - 1)
      return last[0] === newline
    } finally {
      closeSync(fd)
    }
  } catch {
    return true
  }
}

const newline = 0x0a
const appendFlag = 0o2000

const isAppendedTo = (fd: number): boolean => {
  try {
    const [, flags = ''] =
      /^flags:\s*(\d+)/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8')) ?? []
    return (parseInt(flags, 8) & appendFlag) !== 0
  } catch {
    return false
  }
}
