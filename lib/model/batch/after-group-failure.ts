/**
 * What follows when a group's request fails. vLLM refuses a whole group for one bad member and
 * does not say for which (nor can its text be searched for hints: it may echo the prompts), so
 * the group is asked again in parts until the bad one stands alone. That costs no member any of
 * its retries: none of them has been asked by itself yet.
 */
import type { AttemptFailure } from '../attempt.js'
import type { FaultKind } from '../fault.js'
import type { BatchForm } from './form.js'

export type GroupStep =
  /** Two smaller groups (a half of one is a single), at once and uncounted. */
  | 'halves'
  /** All as singles, at once and uncounted: this server does not know the form. */
  | 'apart'
  /** Each one as if it had failed by itself: the ordinary rules, and from now on as singles. */
  | 'each'

/** Would a part of the group, or the same calls singly, fare better? */
export const afterGroupFailure = (
  failure: AttemptFailure,
  form: BatchForm,
): GroupStep => {
  if (formIsMissing(failure, form)) return 'apart'
  const { fault, status, gaveUp, engineDied } = failure
  // An engine that dies or shuts down takes everybody along, and so does a broken connection.
  if (gaveUp || engineDied) return 'each'
  if (fault !== undefined) return aboutTheBody.has(fault) ? 'halves' : 'each'
  if (status === undefined || aboutTheServer.has(status)) return 'each'
  return status === 404 || status === 405 ? 'each' : 'halves'
}

/**
 * No such route, not implemented, or as many answers as a server gives that reads over `n` or
 * takes a list for one prompt.
 */
export const formIsMissing = (
  { status = 0, miscounted }: AttemptFailure,
  form: BatchForm,
): boolean =>
  miscounted === true ||
  status === 501 ||
  (form === 'chats' && (status === 404 || status === 405 || isRedirect(status)))

/** A refusal that may mean a bad member as well as a form that is not known. */
export const mayMeanTheForm = ({ status }: AttemptFailure): boolean =>
  status === 400 || status === 422 || status === 500

const isRedirect = (status: number): boolean => status >= 300 && status < 400

/** Larger than taken, or not to be sent: one member's doing. */
const aboutTheBody: ReadonlySet<FaultKind> = new Set(['too_big', 'unsendable'])

/** Key, pace, overload, gateways: any request would have met these. */
const aboutTheServer: ReadonlySet<number> = new Set([401, 408, 425, 429, 502, 503, 504])

/** The two halves of a group, the larger one first. */
export const halves = <T>(members: readonly T[]): [T[], T[]] => {
  const middle = Math.ceil(members.length / 2)
  return [members.slice(0, middle), members.slice(middle)]
}
