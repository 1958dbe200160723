/**
 * How failures and other lines for people read on stderr: nothing in them moves a cursor or
 * forges a second line, and no URL shows its password.
 */
import { withoutCredentials } from '../credentials.js'
import { Failure, messageOf } from '../errors.js'
import { printable } from './printable.js'

/** A failure in a sentence; anything else is a bug of ours or of a pipeline, with its stack. */
export const told = (error: unknown): string =>
  linesTold(
    error instanceof Failure
      ? `ultraif: ${error.message}`
      : `ultraif: unexpected error, please report it: ${stackOf(error)}`,
  )

/** A text of our own making, whose lines may hold words of others. */
export const linesTold = (text: string): string =>
  text.split('\n').map(lineTold).join('\n')

/** One line, whatever it holds. */
export const lineTold = (text: string): string =>
  printable(withoutCredentials(text.slice(0, 4 * longest)), longest)

const longest = 2000

const stackOf = (error: unknown): string =>
  (error instanceof Error && error.stack) || messageOf(error)
