/**
 * One engine for every command: records in, through a stage, rows out. What became of each record
 * is counted, checked and told on the last line of stderr, however the run ended.
 */
import type { Ledger } from '../ledger.js'
import { exitCodeOf, linesOf } from './closing.js'
import { endRun } from './end-run.js'
import { firstRejects } from './first-rejects.js'
import { flow } from './flow.js'
import { openEnds, readsStdin, type Ends } from './open-ends.js'
import { goesToStdout } from './open-outputs.js'
import type { Edges, Plan } from './plan.js'
import { startProgress } from './progress.js'
import { RejectWatch } from './reject-watch.js'
import type { StopSignal } from './signals.js'
import { startStopping, stopped, stoppingLine } from './stopping.js'
import { summaryOf } from './summary.js'
import { Underway } from './underway.js'

/**
 * Runs to the end and answers the exit code.
 * @throws Failure for what is refused before a record was read: its exit code is 2
 */
export const run = async (plan: Plan, edges: Edges): Promise<number> => {
  const startedAt = performance.now()
  const underway = new Underway()
  const { ledger, reading, breaking, stats } = underway
  ledger.target = plan.target ?? Infinity

  const onTerminal = goesToStdout(plan.outputs) && edges.stdout.isTTY === true
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
  const tell = plan.quiet ? () => {} : progress.tell
  const stopping = startStopping({
    signals: edges.signals,
    reading,
    breaking,
    endsByItself: plan.inPipe && readsStdin(plan) && edges.stdinIsPipe,
    begun: () => underway.works !== undefined,
    log: readsOn => log(stoppingLine(ledger.open, readsOn)),
    cutCalls: () => underway.leaveOpen(),
  })
  // A stage that waits for nothing but itself must not end the process in silence.
  const alive = setInterval(() => {}, 60_000)
  const release = () => {
    clearInterval(alive)
    stopping.release()
    progress.stop()
  }
  const secondsNow = () => (performance.now() - startedAt) / 1000
  let ends: Ends
  try {
    ends = await openEnds(plan, edges, underway, log)
  } catch (error) {
    release()
    const stoppedBy = stopping.by()
    if (error !== stopped || !stoppedBy) throw error
    return tellStopped(plan, edges, ledger, stoppedBy, secondsNow())
  }
  const { outputs, state } = ends

  const rejects = firstRejects(!plan.passesOn)
  const { endEarly: onTooMany } = underway
  const watch = new RejectWatch({ limit: plan.maxRejects, ledger, onTooMany })
  ledger.onUnjudged = (record, why) => watch.unjudged(record, why)
  ledger.onReject = record => {
    rejects.see(record)
    watch.rejected(record)
    return outputs.reject(record)
  }
  ledger.onAlso = outputs.also

  const summarize = (cut: boolean) => {
    const seconds = secondsNow()
    const paid = state?.withBefore(stats(), seconds) ?? { stats: stats(), seconds }
    return summaryOf({ ledger, ...paid, passesOn: plan.passesOn, stopped: cut })
  }

  const broken = await flow(plan, edges, underway, ends, { log, tell }).then(
    () => undefined,
    (thrown: unknown) => {
      const { aborted, reason } = breaking.signal
      // Taken before calls are cut: what settles from here on reaches nobody.
      const summary = summarize(true)
      ledger.halted = true
      ends.source.destroy()
      return { error: aborted ? (reason as unknown) : thrown, summary }
    },
  )
  underway.over = true
  const told = { plan, edges, underway, ends, broken, stopping, watch, rejects }
  return endRun({ ...told, summarize, release })
}

/** Of a signal that came before anything was begun. Answers the exit code. */
const tellStopped = (
  { name, passesOn, strict, quiet }: Plan,
  { stderr }: Edges,
  ledger: Ledger,
  stoppedBy: StopSignal,
  seconds: number,
): number => {
  const summary = summaryOf({
    ledger,
    stats: undefined,
    seconds,
    passesOn,
    stopped: true,
  })
  const ending = {
    name,
    summary,
    error: undefined,
    stoppedBy,
    rejects: [],
    strict,
    quiet,
  }
  for (const line of linesOf(ending)) stderr.write(`${line}\n`)
  return exitCodeOf(ending)
}
