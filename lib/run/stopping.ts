/**
 * How a run ends before its input does. Two meanings, two signals: `reading` stops taking in new
 * records while open ones finish, `breaking` takes everything down at once.
 */
import { onSignals, type SignalSource, type StopSignal } from './signals.js'
import { count } from './summary.js'

/** Why a run was cut that did nothing wrong. */
export const stopped = new Error('stopped')

export interface StoppingOptions {
  signals: SignalSource
  /** Given to whoever reads the input. */
  reading: AbortController
  /** Given to everything. */
  breaking: AbortController
  /**
   * A filter in a shell pipe: the same Ctrl-C stops the process before it, whose last records
   * are still on their way and would be lost if this one stopped reading.
   */
  endsByItself: boolean
  /** Whether records flow already; before that a signal ends everything. */
  begun: () => boolean
  /** `readsOn`: the end comes with that of the input, and not before. */
  log: (readsOn: boolean) => void
  cutCalls: () => void
}

export interface Stopping {
  /** The signal that asked for it, if one did. */
  by: () => StopSignal | undefined
  release: () => void
}

export const startStopping = ({
  signals,
  reading,
  breaking,
  endsByItself,
  begun,
  log,
  cutCalls,
}: StoppingOptions): Stopping => {
  let by: StopSignal | undefined

  const release = onSignals(signals, {
    first: signal => {
      by = signal
      if (!begun()) {
        // To open a named pipe may hang for good: the next signal meets Node's own handler.
        release()
        return breaking.abort(stopped)
      }
      // Only Ctrl-C reaches all processes of the pipe; SIGTERM was meant for this one.
      const readsOn = endsByItself && signal === 'SIGINT'
      log(readsOn)
      if (!readsOn) reading.abort(stopped)
    },
    second: () => {
      reading.abort(stopped)
      cutCalls()
    },
  })
  return { by: () => by, release }
}

/** What a first signal brings about, for people. */
export const stoppingLine = (open: number, readsOn: boolean): string =>
  readsOn
    ? `Stopping when the input ends: what the process before this one still sends is read. A second signal stops the reading, and leaves ${recordsOpen(open)}.`
    : `Stopping: ${recordsOpen(open)} ${open === 1 ? 'finishes' : 'finish'} first; a second signal leaves ${open === 1 ? 'it' : 'them'}.`

const recordsOpen = (open: number): string =>
  `${count(open)} open ${open === 1 ? 'record' : 'records'}`
