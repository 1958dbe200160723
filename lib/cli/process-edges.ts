/**
 * The process as a command sees it. A stream that breaks after everybody stopped listening must
 * not end the process with a stack trace: whoever cares listens while it works.
 */
import { fstatSync } from 'node:fs'
import type { SignalSource } from '../run/signals.js'
import type { Surroundings } from './page.js'

/** A pipe or a socket, as shells make them; not a terminal, and not a file behind `<`. */
const isPipe = (fd: number): boolean => {
  try {
    const stats = fstatSync(fd)
    return stats.isFIFO() || stats.isSocket()
  } catch {
    return false
  }
}

export const processSurroundings = (signals: SignalSource): Surroundings => {
  const { stdout, stderr } = process
  for (const stream of [stdout, stderr]) stream.on('error', () => {})
  return {
    edges: {
      // stdin is opened by being looked at, and a command that reads files has no use for it.
      get stdin() {
        return process.stdin
      },
      stdout,
      stderr,
      signals,
      stdinIsPipe: isPipe(0),
    },
    env: process.env,
  }
}
