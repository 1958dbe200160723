import { stat, type FileHandle } from 'node:fs/promises'
import { Failure } from '../../errors.js'

/** What is written to a file that was moved or removed, nobody finds. @throws Failure write_failed */
export const checkPlace = async (handle: FileHandle, path: string): Promise<void> => {
  const there = await stat(path).catch(() => undefined)
  const own = await handle.stat()
  if (there?.ino !== own.ino || there.dev !== own.dev)
    throw new Failure(
      'write_failed',
      `Expected ${path} to stay where it is during the run, but it was removed or replaced. Put it back and run the command again: it goes on.`,
    )
}
