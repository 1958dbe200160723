/**
 * Rows of a durable run on stdout. What a pipe has taken cannot be taken back: a row whose
 * commit a crash prevented comes twice. A file behind `>` is empty again at each start, which
 * would lose the rows of before in silence.
 */
import { fstatSync } from 'node:fs'
import type { Writable } from 'node:stream'
import { Failure } from '../../errors.js'
import { inertJson } from '../printable.js'
import type { CommittedOutput } from './commits.js'

type Stdout = Writable & { isTTY?: boolean }

export class StdoutOutput implements CommittedOutput {
  readonly #stdout: Stdout
  #size: number

  /** `committed`: bytes that earlier sessions wrote. @throws Failure state_mismatch */
  constructor(stdout: Stdout, committed: number, force: boolean) {
    this.#stdout = stdout
    this.#size = committed
    const size = sizeOfFile(stdout)
    if (size !== undefined && size < committed && !force)
      throw new Failure(
        'state_mismatch',
        `Expected stdout to hold the ${committed} bytes that the run wrote so far, but it is a file of ${size} bytes: > empties it at each start. Append with >>, or name the file with --out; --force goes on with the rows from here on alone.`,
      )
  }

  get size(): number {
    return this.#size
  }

  append(text: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const shown = this.#stdout.isTTY ? inertJson(text) : text
      this.#stdout.write(shown, error => {
        if (error) return reject(error)
        this.#size += Buffer.byteLength(text)
        resolve()
      })
    })
  }
}

/** Undefined for what is no regular file. */
const sizeOfFile = (stdout: Writable): number | undefined => {
  const { fd } = stdout as { fd?: unknown }
  if (typeof fd !== 'number') return undefined
  try {
    const stats = fstatSync(fd)
    return stats.isFile() ? stats.size : undefined
  } catch {
    return undefined
  }
}
