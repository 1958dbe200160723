/** What is promised of any input, as `npm run fuzz` and the short run in the tests hold it. */
import type { IAsyncProperty, IProperty } from 'fast-check'

export interface Property {
  /** Names it on the command line. */
  name: string
  /** The promise. */
  promises: string
  /** Part of the runs that are asked for: parsing a file of thirty lines costs more than a word. */
  share: number
  /** `any`: each has inputs of its own kind, and a list of them has no kind in common. */
  property: IProperty<any> | IAsyncProperty<any>
}

/** Lines of corpora that were parsed so far. */
export const lines = { count: 0 }
