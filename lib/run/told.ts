/**
 * How a failure reads on stderr.
 */
import { Failure, messageOf } from '../errors.js'
import { printable } from './printable.js'

/** A failure in a sentence; anything else is a bug of ours or of a pipeline, with its stack. */
export const told = (error: unknown): string =>
  lines(
    error instanceof Failure
      ? `ultraif: ${error.message}`
      : `ultraif: unexpected error, please report it: ${stackOf(error)}`,
  )

const stackOf = (error: unknown): string =>
  (error instanceof Error && error.stack) || messageOf(error)

const lines = (text: string): string =>
  text
    .split('\n')
    .map(line => printable(line, 2000))
    .join('\n')
