/**
 * Where the rows of a run go: rows, further shapes, rejects.
 */
import type { Writable } from 'node:stream'
import type { Failure } from '../errors.js'
import { gather } from '../jsonl/gather.js'
import { stringify } from '../jsonl/stringify.js'
import type { Record } from '../record.js'
import { chain, type Stage } from '../stage.js'
import { closeFiles, openFiles, type NamedFile } from './open-files.js'
import { openOutput } from './output-file.js'
import { readyFor } from './ready-for.js'
import { lineOfReject } from './reject-line.js'
import type { Unwritten } from './stall-report.js'

export interface OutputNames {
  /** Rows; stdout when missing. */
  out?: string | undefined
  /** Further shapes of the same records, each into a file of its own. */
  also: { shape: string; file: string }[]
  rejects?: string | undefined
  force: boolean
}

export interface Outputs {
  /** Makes of rows what the end of the stream takes. */
  ending: Stage<any, any>
  /** The end of the stream; undefined for stdout. */
  sink?: Writable
  takesRejects: boolean
  reject: (record: Record) => void | Promise<void>
  also: (shape: string, row: object, record: Record) => void | Promise<void>
  /** Empties what may be emptied; to be called when everything else is ready. */
  begin: () => Promise<void>
  /** What the files have been given and have not taken yet. */
  unwritten: () => Unwritten[]
  /** Flushes and closes every file. @throws Failure write_failed, the first there is */
  close: () => Promise<void>
}

/** Its reader may go away. */
export const goesToStdout = ({ out }: OutputNames): boolean =>
  out === undefined || out === '-'

/** Flags of the files that take rows and rejects, and the files. */
export const namedFiles = (names: OutputNames): NamedFile[] => [
  ...(goesToStdout(names) ? [] : [{ flag: outFlag, file: names.out as string }]),
  ...names.also.map(({ shape, file }) => ({ flag: alsoFlag(shape), file })),
  ...(names.rejects === undefined ? [] : [{ flag: rejectsFlag, file: names.rejects }]),
]

export const outFlag = '--out'
export const rejectsFlag = '--rejects'
export const alsoFlag = (shape: string): string => `--also ${shape}=`

/** @throws Failure usage, output_exists or write_failed */
export const openOutputs = async (
  names: OutputNames,
  inputs: string[],
  onError: (failure: Failure) => void,
  stdoutIsTerminal = false,
): Promise<Outputs> => {
  const { force } = names
  const opened = await openFiles(namedFiles(names), ({ flag, file }) =>
    openOutput(file, { flag, force, inputs, onError }),
  )
  const sink = opened.get(outFlag)?.stream
  const rejected = opened.get(rejectsFlag)
  return {
    ending: chain(
      stringify(),
      gather(),
      readyFor(!sink && stdoutIsTerminal ? 'terminal' : 'program'),
    ),
    ...(sink ? { sink } : {}),
    takesRejects: rejected !== undefined,
    reject: record => rejected?.write(lineOfReject(record)),
    also: (shape, row) => opened.get(alsoFlag(shape))?.write(lineOfReject(row)),
    begin: async () => {
      for (const file of opened.values()) await file.begin()
    },
    unwritten: () =>
      [...opened.values()].map(({ path, stream }) => ({
        name: path,
        bytes: stream.writableLength,
      })),
    close: () => closeFiles(opened.values()),
  }
}
