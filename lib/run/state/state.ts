/**
 * `--state DIR`: a run that can be killed at any instant and goes on where its last commit left
 * it. The folder holds the lock, the manifest, the journal, the rejects and the last summary.
 */
import type { Ledger } from '../../ledger.js'
import type { ModelStats } from '../../model/model.js'
import type { Bookmark } from '../../stages/bookmark.js'
import type { OutputNames, Outputs } from '../open-outputs.js'
import type { Summary } from '../summary.js'
import type { JournalEntry } from './journal.js'
import type { Stdout } from './stdout-file.js'

/** What a command says of a run that is to be durable. */
export interface StatePlan {
  dir: string
  /** Every option that changes what comes out, by the name of its flag. */
  settings: { [flag: string]: unknown }
  /** SHA-256 of the words of each prompt. */
  prompts: { [name: string]: string }
  /** Version of the program. */
  version: string
}

export interface StateOptions extends StatePlan {
  names: OutputNames
  /** Files that the run reads. */
  inputs: string[]
  /** Records at the start of the input that never enter. */
  skip: number
  stdout: Stdout
  /** Gets the counts of earlier sessions, and is followed from here on. */
  ledger: Ledger
  /** Of this session. */
  stats: () => ModelStats | undefined
  log: (line: string) => void
  /** Ends the wait for the folder. */
  signal: AbortSignal
  /** Told when the disk or the pipeline makes it impossible to go on. */
  onError: (error: unknown) => void
}

/** Model of each role, by name. */
export type ModelNames = { [role: string]: string }

export interface State extends Outputs {
  dir: string
  bookmark: Bookmark
  /** What earlier sessions did; undefined in a run that begins. */
  before: JournalEntry | undefined
  /** Calls, tokens and seconds of all sessions together. */
  withBefore: (
    stats: ModelStats | undefined,
    seconds: number,
  ) => {
    stats: Pick<ModelStats, 'calls' | 'tokens' | 'servers'> | undefined
    seconds: number
  }
  /** Compares the models with those of before. @throws Failure state_mismatch */
  meet: (models: ModelNames) => void
  /** The input has ended and nothing is open; to be called before `close`. */
  finish: () => Promise<void>
  /**
   * Makes the ledger say what is on the disk and no more: the rest is open. To be called when a
   * run was cut.
   */
  recount: () => Promise<void>
  /** Keeps the summary in the folder. */
  tell: (summary: object) => Promise<void>
  /** The same in a run that was finished before, where a crash has kept the last one from being told. */
  tellIfMissed: (summary: Summary) => Promise<void>
}
