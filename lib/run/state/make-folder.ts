import { mkdir, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { syncFolder } from './sync-folder.js'

/**
 * Makes a folder and those it lies in, safe from a power cut. By hand: Node's own `recursive` never ends where a parent
 * exists and takes no folders, as `/proc` does (seen with Node 20).
 */
export const makeFolder = async (path: string): Promise<void> => {
  const parent = dirname(path)
  try {
    await mkdir(path)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'EEXIST' && (await stat(path)).isDirectory()) return
    if (code !== 'ENOENT' || parent === path) throw error
    await makeFolder(parent)
    await mkdir(path)
  }
  await syncFolder(parent)
}
