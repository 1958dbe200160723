import { Failure } from '../../errors.js'
import { reasonOf } from '../output-file.js'

/** A file of the state itself could not be read or written. */
export const stateFailed = (path: string, error: unknown): Failure =>
  error instanceof Failure
    ? error
    : new Failure(
        'write_failed',
        `Could not work with ${path}: ${reasonOf(error)}. What was committed is safe: put that right and run the command again, and it goes on.`,
        { cause: error },
      )

/** There is no folder to keep anything in. */
export const noFolder = (dir: string, error: unknown): Failure =>
  new Failure(
    'write_failed',
    `Expected --state ${dir} to be a folder that can be written to: ${reasonOf(error)}. Put that right, or name another one.`,
    { cause: error },
  )
