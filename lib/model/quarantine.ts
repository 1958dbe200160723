/**
 * Prompts that kill servers. One such prompt takes everybody along who is in flight beside it, and
 * asked again at once they all would die together, retry after retry. So who was there at two
 * deaths is asked with a server to itself; whoever the server then dies of is the one. All that
 * ask the same, such as the other samples of its record, end with it; the others are cleared.
 */
import { createHash } from 'node:crypto'
import type { ModelCall } from './model.js'
import type { OpenCall } from './open-call.js'

/** Most deaths have other causes, so the first one makes nobody slow. */
const deathsInCompany = 2

/** Prompts remembered. Each has cost three deaths: nobody has seen so many. */
const most = 1000

export class Quarantine {
  readonly #prompts = new Set<string>()

  holds(request: ModelCall): boolean {
    return this.#prompts.size > 0 && this.#prompts.has(keyOf(request))
  }

  /** A server died with the call there. True where nobody else can be to blame. */
  convicts(call: OpenCall): boolean {
    if (!call.wasAlone) {
      call.alone = ++call.deaths >= deathsInCompany
      return false
    }
    const [oldest] = this.#prompts
    if (oldest !== undefined && this.#prompts.size >= most) this.#prompts.delete(oldest)
    this.#prompts.add(keyOf(call.request))
    return true
  }

  /** The deaths that the call was there at were another's doing. */
  clear(call: OpenCall): void {
    call.alone = false
    call.deaths = 0
  }
}

const keyOf = ({ prompt, messages }: ModelCall): string =>
  createHash('sha256')
    .update(JSON.stringify([prompt, messages]))
    .digest('base64url')
