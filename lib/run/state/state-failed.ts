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
