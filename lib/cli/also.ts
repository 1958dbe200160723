/**
 * `--also SHAPE=FILE`: further rows of the same records.
 */
import { Failure } from '../errors.js'
import type { RowShape } from '../stages/options.js'

export interface AlsoFile {
  shape: RowShape
  file: string
}

/** @throws Failure usage when a shape is asked for twice */
export const readAlso = (as: RowShape, also: string[]): AlsoFile[] => {
  const taken = new Set<string>([as])
  return also.map(text => {
    const [shape = '', file = ''] = text.split(/=(.*)/s)
    if (taken.has(shape))
      throw new Failure(
        'usage',
        `--also ${text}: rows of the shape ${shape} are written already. Give each shape once, by --as or --also.`,
      )
    taken.add(shape)
    return { shape: shape as RowShape, file }
  })
}
