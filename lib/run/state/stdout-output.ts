/**
 * Rows of a durable run on stdout. What a pipe has taken cannot be taken back: a row whose
 * commit a crash prevented comes twice. A file behind `>` is empty again at each start, which
 * would lose the rows of before in silence.
 */
import { fdatasync, fstatSync } from 'node:fs'
import type { Writable } from 'node:stream'
import { Failure } from '../../errors.js'
import { inertJson } from '../printable.js'
import { stateFailed } from './state-failed.js'
import { promisify } from 'node:util'
import type { CommittedOutput, End } from './commits.js'
import type { Refuse } from './earlier.js'

type Stdout = Writable & { isTTY?: boolean; fd?: unknown }

export class StdoutOutput implements CommittedOutput {
  readonly #stdout: Stdout
  /** Of a file behind `>>`. */
  readonly #fd: number | undefined
  #bytes: number

  /** `committed`: bytes that earlier sessions wrote. `refuse` throws, or lets it pass. */
  constructor(stdout: Stdout, committed: number, refuse: Refuse) {
    this.#stdout = stdout
    this.#bytes = committed
    const { fd, size = Infinity } = fileBehind(stdout) ?? {}
    this.#fd = fd
    if (size >= committed) return
    const why = `stdout should hold the ${committed} bytes that the run wrote so far, but it is a file of ${size} bytes`
    refuse([why], () => {
      throw new Failure(
        'state_mismatch',
        `Expected stdout to hold the ${committed} bytes that the run wrote so far, but it is a file of ${size} bytes: > empties it at each start. Append with >>, or name the file with --out; --force goes on with the rows from here on alone.`,
      )
    })
  }

  get end(): End {
    return { bytes: this.#bytes, tail: '', identity: 'stdout' }
  }

  async append(text: string): Promise<void> {
    const shown = this.#stdout.isTTY ? inertJson(text) : text
    await new Promise<void>((resolve, reject) =>
      this.#stdout.write(shown, error => (error ? reject(error) : resolve())),
    )
    if (this.#fd !== undefined)
      await sync(this.#fd).catch(error => {
        throw stateFailed('stdout', error)
      })
    this.#bytes += Buffer.byteLength(text)
  }

  /** What has left cannot be had back. */
  async takeBack(): Promise<void> {}
}

const sync = promisify(fdatasync)

/** Undefined for what is no regular file. */
const fileBehind = ({ fd }: Stdout): { fd: number; size: number } | undefined => {
  if (typeof fd !== 'number') return undefined
  try {
    const stats = fstatSync(fd)
    return stats.isFile() ? { fd, size: stats.size } : undefined
  } catch {
    return undefined
  }
}
