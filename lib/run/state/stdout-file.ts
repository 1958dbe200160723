/** What stdout is where it is a file, as far as the system tells (Linux). */
import {
  closeSync,
  fstatSync,
  openSync,
  readFileSync,
  readSync,
  type Stats,
} from 'node:fs'
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

/** Whether it was opened with `>>`; true where that cannot be seen. */
export const isAppendedTo = ({ fd }: Stdout): boolean => {
  try {
    const [, flags = ''] =
      /^flags:\s*(\d+)/m.exec(
        readFileSync(`/proc/self/fdinfo/${fd as number}`, 'utf8'),
      ) ?? []
    return (parseInt(flags, 8) & appendFlag) !== 0
  } catch {
    return true
  }
}
