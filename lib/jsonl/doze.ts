/**
 * A sleep between two looks at a file, ended early by a change of it. `fs.watch` is trusted with
 * no more than that: it is silent on network file systems, in containers and across renames, and
 * a system may have no watch left to give.
 */
import { watch, type FSWatcher } from 'node:fs'

export class Doze {
  readonly #longestMs: number
  readonly #signal: AbortSignal
  #watcher: FSWatcher | undefined
  /** A change that came while nobody slept. */
  #changed = false
  #wake: (() => void) | undefined

  /** `signal` ends every sleep. */
  constructor(longestMs: number, signal: AbortSignal) {
    this.#longestMs = longestMs
    this.#signal = signal
  }

  /** From now on it is changes of this file that wake. */
  watch(file: string): void {
    this.unwatch()
    try {
      this.#watcher = watch(file, { persistent: false }, () => {
        this.#changed = true
        this.#wake?.()
      })
      this.#watcher.on('error', () => this.unwatch())
    } catch {
      // The sleep then takes its full time.
    }
  }

  unwatch(): void {
    this.#watcher?.close()
    this.#watcher = undefined
  }

  async sleep(): Promise<void> {
    if (!this.#changed && !this.#signal.aborted)
      await new Promise<void>(resolve => {
        const timer = setTimeout(() => this.#wake?.(), this.#longestMs)
        this.#wake = () => {
          clearTimeout(timer)
          resolve()
        }
        this.#signal.addEventListener('abort', this.#wake, { once: true })
      })
    if (this.#wake) this.#signal.removeEventListener('abort', this.#wake)
    this.#wake = undefined
    this.#changed = false
  }
}
