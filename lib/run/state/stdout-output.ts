/**
 * Rows of a durable run on stdout. What has left cannot be taken back, and a file behind `>>` may
 * take rows of others: nothing is cut there, and a row whose commit a crash prevented comes
 * twice. A file behind `>` is empty again at each start, which would lose the rows of before in
 * silence.
 */
import { fdatasync } from 'node:fs'
import { promisify } from 'node:util'
import { Failure } from '../../errors.js'
import { inertJson } from '../printable.js'
import type { CommittedOutput, End } from './commits.js'
import type { Refuse } from './earlier.js'
import { stateFailed } from './state-failed.js'
import { endsInLine, fileBehind, isAppendedTo, type Stdout } from './stdout-file.js'

export interface StdoutOptions {
  stdout: Stdout
  /** As earlier sessions left it, or the file of `--out` in its place. */
  committed: End | undefined
  refuse: Refuse
  log: (line: string) => void
}

/** Of an `End` of which nothing but the number of bytes is known. */
export const stdoutIdentity = 'stdout'

export class StdoutOutput implements CommittedOutput {
  readonly #stdout: Stdout
  readonly #isFile: boolean
  #bytes: number
  /** Ends a line that an earlier session could not. */
  #first = ''

  /** @throws what `refuse` does */
  constructor({ stdout, committed, refuse, log }: StdoutOptions) {
    this.#stdout = stdout
    this.#bytes = committed?.bytes ?? 0
    const size = fileBehind(stdout)?.size
    this.#isFile = size !== undefined
    const expected = `stdout should hold the ${this.#bytes} bytes that the run wrote so far`
    if (this.#bytes > 0 && committed?.identity !== stdoutIdentity)
      refuse([`${expected}, but they went to a file`], () => {
        throw new Failure(
          'state_mismatch',
          `Expected --out, or >>, with the file that holds the ${this.#bytes} bytes that the run wrote so far, got another stdout. Name the file again, begin anew with another --state, or go on with the rows from here on alone with --force.`,
        )
      })
    else if (size !== undefined && size < this.#bytes) {
      refuse([`${expected}, but it is a file of ${size} bytes`], () => {
        throw new Failure(
          'state_mismatch',
          `Expected stdout to hold the ${this.#bytes} bytes that the run wrote so far, but it is a file of ${size} bytes: > empties it at each start. Append with >>, or begin anew with another --state and --out; --force goes on with the rows from here on alone.`,
        )
      })
      this.#bytes = size
    }
    if (size === undefined) return
    if (this.#bytes === 0 && !isAppendedTo(stdout))
      log(
        'Rows go to a file that > empties at each start: to go on with this run later, use >> or --out from now on.',
      )
    if (!endsInLine(stdout)) this.#first = '\n'
  }

  get end(): End {
    return { bytes: this.#bytes, tail: '', identity: stdoutIdentity }
  }

  async append(text: string): Promise<void> {
    const lines = this.#first + (this.#stdout.isTTY ? inertJson(text) : text)
    this.#first = ''
    await new Promise<void>((resolve, reject) =>
      this.#stdout.write(lines, error => (error ? reject(error) : resolve())),
    )
    if (this.#isFile)
      await sync(this.#stdout.fd as number).catch(error => {
        throw stateFailed('stdout', error)
      })
    this.#bytes += Buffer.byteLength(lines)
  }

  /** What has left cannot be had back. */
  async takeBack(): Promise<void> {}
}

const sync = promisify(fdatasync)
