/**
 * Signals that come before a command is loaded and listens. Without a listener one would end the
 * process on the spot, with no summary; so it is held for whoever listens first. Loads nothing:
 * it has to be there before everything else.
 */
import type { SignalSource, StopSignal } from '../run/signals.js'

export interface HeldSignals extends SignalSource {
  /** The program is over. If nobody ever listened, a signal does now what it does by default. */
  end: () => void
}

/** The process as far as signals go. */
export interface SignalledProcess extends SignalSource {
  pid: number
  kill(pid: number, signal: StopSignal): unknown
}

/** Holds the first signal. A second one, with still nobody listening, ends the process. */
export const holdSignals = (process: SignalledProcess): HeldSignals => {
  let held: StopSignal | undefined
  const hold = (signal: StopSignal): void => {
    if (held) end()
    held ??= signal
  }
  const end = (): void => {
    process.off('SIGINT', hold)
    process.off('SIGTERM', hold)
    if (held) process.kill(process.pid, held)
  }
  process.on('SIGINT', hold)
  process.on('SIGTERM', hold)
  return {
    on: (signal, listener) => {
      // In this order: what has no listener for a moment loses a signal that is on its way.
      process.on(signal, listener)
      process.off(signal, hold)
      if (held !== signal) return
      held = undefined
      // Not at once: whoever listens is not done with it.
      queueMicrotask(() => listener(signal))
    },
    off: (signal, listener) => process.off(signal, listener),
    end,
  }
}
