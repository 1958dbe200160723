/**
 * Rows of a durable run on stdout. What a pipe has taken cannot be taken back: a row whose
 * commit a crash prevented comes twice. A file behind `>` is empty again at each start, which
 * would lose the rows of before in silence.
 */
import { fdatasync, fstatSync, ftruncate, readFileSync, type Stats } from 'node:fs'
import type { Writable } from 'node:stream'
import { promisify } from 'node:util'
import { Failure } from '../../errors.js'
import { inertJson } from '../printable.js'
import type { CommittedOutput, End } from './commits.js'
import type { Refuse } from './earlier.js'
import { stateFailed } from './state-failed.js'

type Stdout = Writable & { isTTY?: boolean; fd?: unknown }

export interface StdoutOptions {
  stdout: Stdout
  /** As earlier sessions left it, or the file of `--out` in its place. */
  committed: End | undefined
  refuse: Refuse
  log: (line: string) => void
}

const identity = 'stdout'

export class StdoutOutput implements CommittedOutput {
  readonly #stdout: Stdout
  /** Of a file. */
  readonly #fd: number | undefined
  #bytes: number
  /** Of the file, before the last append. */
  #sizeBefore: number | undefined
  #bytesBefore = 0

  /** @throws what `refuse` does */
  constructor({ stdout, committed, refuse, log }: StdoutOptions) {
    this.#stdout = stdout
    this.#bytes = committed?.bytes ?? 0
    const size = fileBehind(stdout)?.size
    if (size !== undefined) this.#fd = stdout.fd as number
    if (size !== undefined && this.#bytes === 0 && !isAppendedTo(stdout.fd as number))
      log(
        'Rows go to a file that > empties at each start: to go on with this run later, use >> or --out from now on.',
      )
    const expected = `stdout should hold the ${this.#bytes} bytes that the run wrote so far`
    if (this.#bytes > 0 && committed?.identity !== identity)
      refuse([`${expected}, but they went to a file of --out`], () => {
        throw new Failure(
          'state_mismatch',
          `Expected --out with the file that the run has written so far, got none: rows would go to stdout. Name it again, begin anew with another --state, or go on with the rows from here on alone with --force.`,
        )
      })
    else if (size !== undefined && size < this.#bytes)
      refuse([`${expected}, but it is a file of ${size} bytes`], () => {
        throw new Failure(
          'state_mismatch',
          `Expected stdout to hold the ${this.#bytes} bytes that the run wrote so far, but it is a file of ${size} bytes: > empties it at each start. Append with >>, or begin anew with another --state and --out; --force goes on with the rows from here on alone.`,
        )
      })
  }

  get end(): End {
    return { bytes: this.#bytes, tail: '', identity }
  }

  async append(text: string): Promise<void> {
    const shown = this.#stdout.isTTY ? inertJson(text) : text
    this.#sizeBefore = fileBehind(this.#stdout)?.size
    this.#bytesBefore = this.#bytes
    await new Promise<void>((resolve, reject) =>
      this.#stdout.write(shown, error => (error ? reject(error) : resolve())),
    )
    if (this.#fd !== undefined)
      await sync(this.#fd).catch(error => {
        throw stateFailed('stdout', error)
      })
    this.#bytes += Buffer.byteLength(text)
  }

  /** Of a file, what a full disk had room for; what has left for elsewhere cannot be had back. */
  async takeBack(): Promise<void> {
    if (this.#fd === undefined || this.#sizeBefore === undefined) return
    this.#bytes = this.#bytesBefore
    await truncate(this.#fd, this.#sizeBefore)
  }
}

const sync = promisify(fdatasync)
const truncate = promisify(ftruncate)

/** Undefined for what is no regular file. */
const fileBehind = ({ fd }: Stdout): Stats | undefined => {
  if (typeof fd !== 'number') return undefined
  try {
    const stats = fstatSync(fd)
    return stats.isFile() ? stats : undefined
  } catch {
    return undefined
  }
}

const appendFlag = 0o2000

/** Whether it was opened with `>>`, as far as the system tells (Linux). */
const isAppendedTo = (fd: number): boolean => {
  try {
    const [, flags = ''] =
      /^flags:\s*(\d+)/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8')) ?? []
    return (parseInt(flags, 8) & appendFlag) !== 0
  } catch {
    return true
  }
}
