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

/** What is written at a place in a file that somebody else writes to destroys. @throws Failure write_failed */
export const checkOwn = async (
  handle: FileHandle,
  path: string,
  size: number,
): Promise<void> => {
  await checkPlace(handle, path)
  const own = await handle.stat()
  if (own.size < size)
    throw new Failure(
      'write_failed',
      `Expected ${path} to hold the ${size} bytes that this run wrote, but it holds ${own.size}: something else has cut it. Bring the missing bytes back and run the command again, or begin anew with another --state and other files.`,
    )
  if (own.size > size)
    throw new Failure(
      'write_failed',
      `Expected ${path} to hold the ${size} bytes that this run wrote, but it holds ${own.size}: something else writes to it. Give each run files of its own. Run again, the command goes on and moves what others wrote behind its rows into the folder of --state.`,
    )
}
