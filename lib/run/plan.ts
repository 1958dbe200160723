/** What a command hands to a run: the plan, and the streams and signals at its edges. */
import type { Readable, Writable } from 'node:stream'
import type { Failure } from '../errors.js'
import type { ModelStats, OpenCallState } from '../model/model.js'
import type { Record } from '../record.js'
import type { Stage } from '../stage.js'
import type { ParseOptions } from '../stages/options.js'
import type { OutputNames } from './open-outputs.js'
import type { ProgressKind, Screen } from './progress.js'
import type { RejectLimit } from './reject-watch.js'
import type { SignalSource } from './signals.js'
import type { ModelNames, StatePlan } from './state/state.js'

/** The models of a run, all roles together. */
export interface ModelsInUse {
  stats(): ModelStats
  openCalls?(): OpenCallState[]
  /** Cuts open calls: they settle as `aborted`. */
  abort(): void
  /** Waits for open calls and lets go of sockets and child processes. */
  close(): Promise<void>
}

/** What lies between the records and the rows, ready to work. */
export interface Works {
  stage: Stage<Record, any>
  models?: ModelsInUse
  /** The model of each role, which a durable run compares with those of before. */
  modelNames?: ModelNames
  /** A stage of our own loses no record: anything else is a bug, and told as one. */
  ours: boolean
}

export interface Preparing {
  /** A line for people; silent with `--quiet`. */
  log: (line: string) => void
  /** Aborted when the user stops the run before it began. */
  signal: AbortSignal
  /** To be called when the run cannot go on, before its calls settle: it then ends in order. */
  onLost: (failure: Failure) => void
}

export interface Opening {
  /** Stops the reading. */
  signal: AbortSignal
  /** As in `Preparing`. */
  log: (line: string) => void
}

export interface Plan {
  /** The command, for messages. */
  name: string
  /** No file, or `-`, means stdin. */
  files: string[]
  parse: ParseOptions
  /** Opens the input in place of `files`, which then only name it. */
  open?: (opening: Opening) => Readable
  outputs: OutputNames
  /** Makes the run durable. */
  state?: StatePlan | undefined
  /** A single stage passes records on; `run` and `filter` make rows of them. */
  passesOn: boolean
  /** One of several in a shell pipe, as a rule: shares their terminal, and Ctrl-C with them. */
  inPipe: boolean
  /** Ends when more records than these fail here. */
  maxRejects?: RejectLimit | undefined
  /** Ends once so many records are kept. */
  target?: number | undefined
  strict: boolean
  quiet: boolean
  progress: ProgressKind
  /** Connects models and builds the stage; the outputs are open by then. */
  prepare: (preparing: Preparing) => Works | Promise<Works>
}

export interface Edges {
  stdin: Readable & { isTTY?: boolean }
  stdout: Writable & { isTTY?: boolean }
  stderr: Screen
  signals: SignalSource
  /** Whether stdin ends by itself when the process before it in a shell pipe stops. */
  stdinIsPipe: boolean
}
