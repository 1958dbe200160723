import { readFile } from 'node:fs/promises'
import type { Summary } from '../summary.js'

type Records = Pick<Summary, 'in' | 'kept'>

/** Whether a summary is there, of a run that came to its end with so many records. */
export const isOfTheEnd = async (path: string, now: Records): Promise<boolean> => {
  try {
    const told = JSON.parse(await readFile(path, 'utf8')) as Partial<Summary>
    return !told.stopped && told.in === now.in && told.kept === now.kept
  } catch {
    return false
  }
}
