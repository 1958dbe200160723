/**
 * Half a download has one writer: a process takes it over by renaming it to its own name, and
 * puts it back when it stops. One that was killed left it under its own, which is taken over once
 * that process is gone.
 */
import { readdir, rename } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'

const mine = (): string => `${hostname()}-${process.pid}`

/** Path to go on writing to. `release` it when the download did not come to its end. */
export const takePartial = async (
  folder: string,
  file: string,
): Promise<{ path: string; release: () => Promise<void> }> => {
  const idle = join(folder, `${file}.partial`)
  const path = join(folder, `${file}.${mine()}.partial`)
  const left = (await readdir(folder)).filter(
    name => name.startsWith(`${file}.`) && name.endsWith('.partial'),
  )
  for (const name of left) {
    const owner = name.slice(file.length + 1, -'.partial'.length)
    if (owner !== '' && !isGone(owner)) continue
    const taken = await rename(join(folder, name), path).then(
      () => true,
      () => false,
    )
    if (taken) break
  }
  return { path, release: () => rename(path, idle).catch(() => {}) }
}

/** Only a process of this machine can be asked for; a cache may be shared with others. */
const isGone = (owner: string): boolean => {
  const at = owner.lastIndexOf('-')
  if (owner.slice(0, at) !== hostname()) return false
  try {
    process.kill(Number(owner.slice(at + 1)), 0)
    return false
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH'
  }
}
