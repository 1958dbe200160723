/**
 * Loaded into a session before the program (`node --import`): remembers what each sync has made
 * safe, for a power cut that follows.
 */
import { readFileSync, readlinkSync } from 'node:fs'
import { open, type FileHandle } from 'node:fs/promises'
import { Synced } from './synced.js'

const synced = new Synced(process.env['SYNCED'] as string)

const keep = async (handle: FileHandle): Promise<void> => {
  const stats = await handle.stat()
  const path = `/proc/self/fd/${handle.fd}`
  if (stats.isDirectory()) synced.keepFolder(readlinkSync(path))
  else if (stats.isFile()) synced.keepFile(stats, readFileSync(path))
}

const some = await open('/dev/null')
const methods = Object.getPrototypeOf(some) as Pick<FileHandle, 'sync' | 'datasync'>
await some.close()
for (const name of ['sync', 'datasync'] as const) {
  const real = methods[name]
  methods[name] = async function (this: FileHandle) {
    await real.call(this)
    await keep(this)
  }
}
