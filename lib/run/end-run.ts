/**
 * The end of every run: the books are balanced, what is open is closed, whatever of it fails, and
 * what became of the records is told.
 */
import { exitCodes } from '../codes.js'
import { Failure } from '../errors.js'
import { balance, exitCodeOf, linesOf } from './closing.js'
import type { FirstRejects } from './first-rejects.js'
import type { Ends } from './open-ends.js'
import { goesToStdout } from './open-outputs.js'
import { writeFailed } from './output-file.js'
import type { Edges, Plan } from './plan.js'
import type { RejectWatch } from './reject-watch.js'
import { stopped, type Stopping } from './stopping.js'
import type { Summary } from './summary.js'
import type { Underway } from './underway.js'

export interface Ended {
  plan: Plan
  edges: Edges
  underway: Underway
  ends: Ends
  /** What took the flow down, and the books at that moment. */
  broken: { error: unknown; summary: Summary } | undefined
  stopping: Stopping
  watch: RejectWatch
  rejects: FirstRejects
  summarize: (cut: boolean) => Summary
  /** Ends what is drawn and listened to. */
  release: () => void
}

/** Answers the exit code. @throws Failure for what is wrong usage: nothing else is told then */
export const endRun = async (ended: Ended): Promise<number> => {
  const { plan, edges, underway, ends, broken, stopping, watch, rejects } = ended
  const { ledger, works, unable } = underway
  const { outputs, state } = ends

  const cut = (broken ?? unable ?? stopping.by()) !== undefined
  // In a durable run they stay open: a higher target goes on with them.
  const targetCuts = !cut && ledger.full && ledger.open > 0
  if (targetCuts) ledger.missed('target_reached', ledger.open)
  const unbalanced = cut ? undefined : balance(ledger, works?.ours ?? true)
  // What was settled and is not on the disk is done again: it counts as open.
  if (cut) await state?.recount()
  const summary = broken && !state ? broken.summary : ended.summarize(cut)
  if (broken || ledger.open > 0) works?.models?.abort()

  let error = broken?.error
  const attempt = async (act: () => Promise<unknown> | undefined): Promise<void> => {
    try {
      await act()
    } catch (thrown) {
      error ??= thrown
    }
  }
  const isWhole = works && !cut && !targetCuts && !unbalanced
  if (isWhole) await attempt(() => state?.finish())
  // A command that was refused has nothing to say of the run.
  if (works && !isUsage(error)) await attempt(() => state?.tell(summary))
  else if (!cut) await attempt(() => state?.tellIfMissed(summary))
  await attempt(() => outputs.close())
  await attempt(() => works?.models?.close())
  ended.release()
  if (isUsage(error)) throw error

  if (goesToStdout(plan.outputs)) error = ofStdout(error)
  if (error === stopped) error = undefined
  error ??= unable
    ? unfinished(unable, ledger.open, state !== undefined)
    : (unbalanced ?? (cut ? undefined : watch.atEnd()))
  const { name, target, strict, quiet } = plan
  const stoppedBy = stopping.by()
  const lines = rejects.lines()
  const ending = {
    name,
    summary,
    error,
    stoppedBy,
    target,
    rejects: lines,
    strict,
    quiet,
  }
  for (const line of linesOf(ending)) edges.stderr.write(`${line}\n`)
  return exitCodeOf(ending)
}

const isUsage = (error: unknown): boolean =>
  error instanceof Failure && error.exitCode === exitCodes.usage

const unfinished = ({ code, message }: Failure, open: number, goesOn: boolean): Failure =>
  new Failure(
    code,
    `${message.replace(/\.$/, '')}. What was finished is written; ${open} records were open and are not. Once that is put right, run the command again: ${goesOn ? `it goes on from here${code === 'too_many_rejects' ? ', and --from-rejects takes those that were rejected once more' : ''}` : 'it begins anew, with another --out (or --force, which empties this one); with --state DIR it would go on from here'}.`,
  )

/** The reader of stdout may go away, as `head` does: no error. A full disk behind it is one. */
const ofStdout = (error: unknown): unknown => {
  const { code, syscall } = (error ?? {}) as NodeJS.ErrnoException
  if (code === 'EPIPE' || code === 'ECONNRESET') return undefined
  return syscall === 'write' ? writeFailed('stdout', error) : error
}
