/**
 * One engine for every command: records in, through a stage, rows out. Node owns the two edges
 * and takes everything down together when one of them breaks; what became of each record is
 * counted, checked and told on the last line of stderr, however the run ended.
 */
import type { Readable, Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { exitCodes } from '../codes.js'
import { Failure } from '../errors.js'
import { hasMore } from '../flow/has-more.js'
import { toDuplex } from '../flow/to-duplex.js'
import { accountedIn, Ledger } from '../ledger.js'
import type { ModelStats, OpenCallState } from '../model/model.js'
import type { Record } from '../record.js'
import { chain, type Stage } from '../stage.js'
import type { ParseOptions } from '../stages/options.js'
import { openRecords } from '../stages/read-records.js'
import { closeBooks } from './books.js'
import { balance, exitCodeOf, linesOf } from './closing.js'
import { firstRejects } from './first-rejects.js'
import { flushed } from './flushed.js'
import { openOutputs, type OutputNames } from './open-outputs.js'
import { writeFailed } from './output-file.js'
import { RejectWatch, type RejectLimit } from './reject-watch.js'
import type { ModelNames, State, StateOptions, StatePlan } from './state/state.js'
import { startProgress, type ProgressKind, type Screen } from './progress.js'
import type { SignalSource } from './signals.js'
import { startStopping, stopped } from './stopping.js'
import { count, summaryOf } from './summary.js'
import { lineTold } from './told.js'
import { startWatchdog } from './watchdog.js'

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

/**
 * Runs to the end and answers the exit code.
 * @throws Failure for what is refused before a record was read: its exit code is 2
 */
export const run = async (plan: Plan, edges: Edges): Promise<number> => {
  const startedAt = performance.now()
  const fromStdin = plan.files.length === 0 || plan.files.includes('-')
  const ledger = new Ledger()
  ledger.target = plan.target ?? Infinity
  let works: Works | undefined
  const stats = () => works?.models?.stats()

  const breaking = new AbortController()
  const reading = new AbortController()
  const inputs = plan.files.filter(file => file !== '-')
  const read = fromStdin ? [...inputs, '/dev/stdin'] : inputs
  const onError = (error: unknown) => {
    // The models hear of it at once: what their calls settle as is no fate of a record.
    ledger.halted = true
    breaking.abort(error)
  }
  const state = await stateOf(plan, edges, { inputs: read, ledger, stats, onError })
  const openBoth = async () => ({
    source: accountedIn(ledger, () =>
      plan.open
        ? plan.open({ signal: reading.signal, log: line => log(line) })
        : openRecords(plan.files, plan.parse, reading.signal, state?.bookmark),
    ),
    outputs:
      state ?? (await openOutputs(plan.outputs, read, onError, edges.stdout.isTTY)),
  })
  const { source, outputs } = await openBoth().catch(async (error: unknown) => {
    await state?.close()
    throw error
  })
  const rejects = firstRejects(!plan.passesOn)
  const watch = new RejectWatch({
    limit: plan.maxRejects,
    ledger,
    onTooMany: failure => endEarly(failure),
  })
  ledger.onUnjudged = (record, why) => watch.unjudged(record, why)
  ledger.onReject = record => {
    rejects.see(record)
    watch.rejected(record)
    return outputs.reject(record)
  }
  ledger.onAlso = outputs.also

  const onTerminal = outputs.toStdout && edges.stdout.isTTY === true
  const progress = startProgress({
    screen: edges.stderr,
    kind: plan.quiet ? 'off' : plan.progress,
    label: plan.name,
    // Rows on the same terminal would be written into a line that is redrawn.
    shared: plan.inPipe || onTerminal,
    ledger,
    stats,
  })
  const log = plan.quiet ? () => {} : progress.log
  const stopping = startStopping({
    signals: edges.signals,
    reading,
    breaking,
    endsByItself: plan.inPipe && fromStdin && edges.stdinIsPipe,
    begun: () => works !== undefined,
    log: () =>
      log(
        `Stopping: ${ledger.open} open records finish first; a second signal leaves them.`,
      ),
    cutCalls: () => leaveOpen(),
  })

  /** What is finished is written; a record whose calls are cut would be judged by what it lacks. */
  const leaveOpen = (): void => {
    ledger.halted = true
    works?.models?.abort()
  }

  let unable: Failure | undefined
  let flowing = true
  /** In order, when going on makes no sense. */
  const endEarly = (failure: Failure): void => {
    if (!flowing || unable) return
    unable = failure
    reading.abort(stopped)
    leaveOpen()
  }

  let stopWatching = () => {}

  const flow = async (): Promise<void> => {
    const { signal } = breaking
    if (state?.before) {
      const more = !ledger.full && (await hasMore(source, signal))
      log(
        `${plan.state?.dir}: ${count(state.before.books.in)} records are done already, ${more ? 'and it goes on' : 'and nothing is left to do'}.`,
      )
      if (!more) return void source.destroy()
    }
    const { stage } = (works = await accountedIn(ledger, async () =>
      plan.prepare({ log, signal, onLost: endEarly }),
    ))
    breaking.signal.throwIfAborted()
    state?.meet(works.modelNames ?? {})
    await outputs.begin()
    if (fromStdin && edges.stdin.isTTY)
      log(`${plan.name} reads from the terminal: paste lines, end with Ctrl-D.`)
    const ending = closeBooks({
      ledger,
      rejectsLeave: outputs.takesRejects,
      onEnd: () => {
        reading.abort(stopped)
        // Whatever is open now would be paid for and thrown away.
        if (ledger.full) leaveOpen()
      },
    })
    const body = accountedIn(ledger, () => toDuplex(chain(stage, ending, outputs.ending)))
    stopWatching = startWatchdog({
      name: plan.name,
      ledger,
      models: works.models,
      source,
      body,
      stdout: edges.stdout,
      files: outputs.unwritten,
      tell: plan.quiet ? () => {} : progress.tell,
    })
    await pipeline(source, body, outputs.sink ?? edges.stdout, {
      signal: breaking.signal,
      end: outputs.sink !== undefined,
    })
    if (!outputs.sink) await flushed(edges.stdout, breaking.signal)
  }

  const summarize = (cut: boolean) => ({
    summary: summaryOf({
      ledger,
      ...paid(state, stats(), (performance.now() - startedAt) / 1000),
      passesOn: plan.passesOn,
      stopped: cut,
    }),
    rejects: rejects.lines(),
  })

  // A stage that waits for nothing but itself must not end the process in silence.
  const alive = setInterval(() => {}, 60_000)
  let error: unknown
  let atTheBreak: ReturnType<typeof summarize> | undefined
  try {
    await flow()
  } catch (thrown) {
    error = breaking.signal.aborted ? breaking.signal.reason : thrown
    // Taken before calls are cut: what settles from here on reaches nobody.
    atTheBreak = summarize(true)
    ledger.halted = true
    source.destroy()
  }
  flowing = false
  const cut = (atTheBreak ?? unable ?? stopping.by()) !== undefined
  // In a durable run they stay open: a higher target goes on with them.
  const cutShort = !cut && ledger.full && ledger.open > 0
  if (cutShort) ledger.missed('target_reached', ledger.open)
  const unbalanced = cut ? undefined : balance(ledger, works?.ours ?? true)
  if (state && cut) {
    // What was settled and is not on the disk is done again: it counts as open.
    await state.recount()
    atTheBreak = summarize(true)
  }
  const told = atTheBreak ?? summarize(cut)
  if (error || ledger.open > 0) works?.models?.abort()
  try {
    if (works && !cut && !cutShort && !unbalanced) await state?.finish()
    if (works) await state?.tell(told.summary)
    await outputs.close()
    await works?.models?.close()
  } catch (thrown) {
    error ??= thrown
  }
  clearInterval(alive)
  stopWatching()
  stopping.release()
  progress.stop()
  if (error instanceof Failure && error.exitCode === exitCodes.usage) throw error

  if (outputs.toStdout) error = ofStdout(error)
  if (error === stopped) error = undefined
  error ??= unable
    ? unfinished(unable, ledger.open, state !== undefined)
    : (unbalanced ?? (cut ? undefined : watch.atEnd()))
  const ending = {
    ...told,
    name: plan.name,
    error,
    stoppedBy: stopping.by(),
    target: plan.target,
    strict: plan.strict,
    quiet: plan.quiet,
  }
  for (const line of linesOf(ending)) edges.stderr.write(`${line}\n`)
  return exitCodeOf(ending)
}

const unfinished = ({ code, message }: Failure, open: number, goesOn: boolean): Failure =>
  new Failure(
    code,
    `${message.replace(/\.$/, '')}. What was finished is written; ${open} records were open and are not. Once that is put right, run the command again: ${goesOn ? `it goes on from here${code === 'too_many_rejects' ? ', and --from-rejects takes those that were rejected once more' : ''}` : 'it begins anew, with another --out (or --force, which empties this one); with --state DIR it would go on from here'}.`,
  )

/** Loaded only where it is asked for: most runs are short. */
const stateOf = async (
  { state, outputs, parse, quiet }: Plan,
  { stdout, stderr }: Edges,
  more: Pick<StateOptions, 'inputs' | 'ledger' | 'stats' | 'onError'>,
): Promise<State | undefined> => {
  if (!state) return undefined
  const { openState } = await import('./state/open-state.js')
  const log = (line: string) => void (quiet || stderr.write(`${lineTold(line)}\n`))
  return openState({ ...state, names: outputs, skip: parse.skip, stdout, log, ...more })
}

/** What this session and, in a durable run, all before it have paid. */
const paid = (
  state: State | undefined,
  stats: ModelStats | undefined,
  seconds: number,
) => (state ? state.withBefore(stats, seconds) : { stats, seconds })

/** The reader of stdout may go away, as `head` does: no error. A full disk behind it is one. */
const ofStdout = (error: unknown): unknown => {
  const { code, syscall } = (error ?? {}) as NodeJS.ErrnoException
  if (code === 'EPIPE' || code === 'ECONNRESET') return undefined
  return syscall === 'write' ? writeFailed('stdout', error) : error
}
