/**
 * Makes the names in a folder survive a power cut: a synced file whose name is not yet on disk
 * is lost all the same.
 */
import { open } from 'node:fs/promises'

export const syncFolder = async (path: string): Promise<void> => {
  // Windows opens no folders, and needs none of this.
  const handle = await open(path, 'r').catch(() => undefined)
  try {
    await handle?.sync()
  } catch {
    // Some network file systems sync no folders.
  } finally {
    await handle?.close()
  }
}
