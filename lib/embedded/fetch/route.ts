/** One way to get hold of the default weights; tried in turn, the next one when it fails. */
import type { Environment } from './cache.js'
import type { Weights } from './facts.js'

export interface FetchOptions {
  weights: Weights
  env: Environment
  log: (line: string) => void
  signal?: AbortSignal | undefined
  /** For what may stay behind: partial downloads to resume, logs to quote. */
  cache: string
}

export interface Route {
  /** For messages: "the package …". */
  title: (weights: Weights) => string
  /**
   * Puts the file into `folder`, a folder of its own, and answers with its path. The caller
   * checks the file itself. Throws an Error that says why the route is closed.
   */
  fetch: (folder: string, options: FetchOptions) => Promise<string>
}
