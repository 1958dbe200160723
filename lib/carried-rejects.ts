/**
 * Rejects that came in with the input, as those of the filters before this one in a shell pipe
 * do: they were told where they were made, and are no fault of whoever passes them on. Known by
 * the reject itself, which every copy of its record shares.
 */
import type { Record, Reject } from './record.js'

const carried = new WeakSet<Reject>()

/** To be told of each record that was read and not made. */
export const noteCarried = ({ reject }: Record): void => {
  if (reject) carried.add(reject)
}

export const isCarried = ({ reject }: Record): boolean =>
  reject !== undefined && carried.has(reject)
