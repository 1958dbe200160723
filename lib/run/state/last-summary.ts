import { readFile } from 'node:fs/promises'

/** Whether a summary is there, and of a run that came to its end. */
export const isOfTheEnd = async (path: string): Promise<boolean> => {
  try {
    const { stopped } = JSON.parse(await readFile(path, 'utf8')) as { stopped?: true }
    return stopped === undefined
  } catch {
    return false
  }
}
