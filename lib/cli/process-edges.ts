/**
 * The process as a command sees it. A stream that breaks after everybody stopped listening must
 * not end the process with a stack trace: whoever cares listens while it works.
 */
import { createWriteStream, fstatSync, type Stats } from 'node:fs'
import type { Writable } from 'node:stream'
import type { SignalSource } from '../run/signals.js'
import type { Surroundings } from './page.js'

const statsOf = (fd: number): Stats | undefined => {
  try {
    return fstatSync(fd)
  } catch {
    return undefined
  }
}

/** A pipe or a socket, as shells make them; not a terminal, and not a file behind `<`. */
const isPipe = (stats: Stats | undefined): boolean =>
  stats !== undefined && (stats.isFIFO() || stats.isSocket())

/**
 * Behind `>`, Node's own stdout takes a write of which a full disk took half for a whole one
 * (seen with Node 20): rows would be lost, and nobody told.
 */
const stdoutOf = ({ stdout }: NodeJS.Process): Writable & { isTTY?: boolean } =>
  statsOf(1)?.isFile() ? createWriteStream('', { fd: 1, autoClose: false }) : stdout

export const processSurroundings = (signals: SignalSource): Surroundings => {
  const stdout = stdoutOf(process)
  const { stderr } = process
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
      stdinIsPipe: isPipe(statsOf(0)),
    },
    env: process.env,
  }
}
