/**
 * What a run says when it is over, and the exit code it ends with. The JSON summary is the last
 * line on stderr in every case, so that a program can always read what became of the records.
 */
import { exitCodes } from '../codes.js'
import { Failure } from '../errors.js'
import { sum, type Ledger } from '../ledger.js'
import { printableJson } from './printable.js'
import { remarksOf } from './remarks.js'
import { told } from './told.js'
import { signalExitCodes, type StopSignal } from './signals.js'
import { sentenceOf, type EndOfRun, type Summary } from './summary.js'

export interface Ending {
  name: string
  summary: Summary
  /** What went wrong, if anything did. */
  error: unknown
  stoppedBy: StopSignal | undefined
  /** Records that were to be kept, where a number was given. */
  target?: number | undefined
  /** First rejects, a line each. */
  rejects: string[]
  strict: boolean
  quiet: boolean
}

export const exitCodeOf = ({ error, stoppedBy, strict, summary }: Ending): number => {
  if (error) return error instanceof Failure ? error.exitCode : exitCodes.failed
  if (stoppedBy) return signalExitCodes[stoppedBy]
  return strict && sum(summary.rejected) > 0 ? exitCodes.rejected : exitCodes.done
}

export const linesOf = (ending: Ending): string[] => {
  const { name, summary, error, rejects, quiet } = ending
  const remarks = [...remarksOf(ending), sentenceOf(summary, endOf(ending))]
  return [
    ...(error ? [told(error)] : []),
    ...(quiet ? [] : [...rejects, ...remarks.map(line => `${name}: ${line}`)]),
    printableJson(summary),
  ]
}

/** What the sentence has to say of the end beside the numbers. */
const endOf = ({ error, stoppedBy, summary }: Ending): EndOfRun => ({
  // Nothing else cuts a run without a word.
  readerLeft: summary.stopped === true && !error && !stoppedBy,
  writeFailed: error instanceof Failure && error.code === 'write_failed',
})

/**
 * Checks in = kept + filtered + rejected at a normal end. A custom pipeline may let records go
 * or make some of its own, which is counted; one of ours must not, and the failure says so.
 */
export const balance = (ledger: Ledger, ours: boolean): Failure | undefined => {
  const { open } = ledger
  if (open === 0) return undefined
  if (ours)
    return new Failure(
      'accounting',
      `Expected as many records out as in, but ${open} are missing: ${ledger.in + ledger.split} in, ${ledger.kept} kept, ${sum(ledger.filtered)} filtered, ${sum(ledger.rejected)} rejected. This is a bug in ultraif; the rows written are whole. Please report it.`,
    )
  if (open > 0) ledger.missed('dropped_by_pipeline', open)
  else ledger.split -= open
  return undefined
}
