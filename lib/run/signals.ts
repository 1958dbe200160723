/**
 * Ctrl-C reaches every process of a shell pipe at once. The first signal asks for an orderly
 * end, the second cuts the calls that are open, and a third meets Node's own handler, so that
 * nobody is ever locked in.
 */
export type StopSignal = 'SIGINT' | 'SIGTERM'

export const signalExitCodes: { [signal in StopSignal]: number } = {
  SIGINT: 130,
  SIGTERM: 143,
}

/** Where signals come from: the process, or a test. */
export interface SignalSource {
  on(signal: StopSignal, listener: (signal: StopSignal) => void): unknown
  off(signal: StopSignal, listener: (signal: StopSignal) => void): unknown
}

export interface SignalHandlers {
  first: (signal: StopSignal) => void
  second: (signal: StopSignal) => void
}

/** Listens until the function it returns is called, or two signals have come. */
export const onSignals = (
  source: SignalSource,
  { first, second }: SignalHandlers,
): (() => void) => {
  let seen = 0
  const listener = (signal: StopSignal) => {
    if (++seen === 1) return first(signal)
    release()
    second(signal)
  }
  const release = () => {
    source.off('SIGINT', listener)
    source.off('SIGTERM', listener)
  }
  source.on('SIGINT', listener)
  source.on('SIGTERM', listener)
  return release
}
