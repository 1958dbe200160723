/**
 * All outputs of a durable run: the files that were named, the rejects in its folder, and stdout
 * where rows go there.
 */
import { basename, dirname, join, resolve } from 'node:path'
import { Failure } from '../../errors.js'
import { openFiles, type NamedFile } from '../open-files.js'
import { goesToStdout, namedFiles, outFlag } from '../open-outputs.js'
import type { CommittedOutput } from './commits.js'
import { DurableFile } from './durable-file.js'
import type { Refuse } from './earlier.js'
import type { JournalEntry } from './journal.js'
import type { StateOptions } from './state.js'
import { StdoutOutput } from './stdout-output.js'

export interface DurableOutputs {
  /** By the flag that named each. */
  files: ReadonlyMap<string, DurableFile>
  /** The same, and stdout under `outFlag` where rows go there. */
  all: ReadonlyMap<string, CommittedOutput>
}

/** Stands for a flag of the rejects in the folder. */
export const stateRejects = '--state'

/** Files of the folder that are no outputs. */
const own: ReadonlySet<string> = new Set(
  ['lock', 'journal', 'manifest.json', 'summary.json'].flatMap(name => [
    name,
    `${name}.new`,
  ]),
)

/** @throws Failure usage, output_exists, state_mismatch, write_failed */
export const openDurableOutputs = async (
  { dir, names, inputs, stdout, log }: StateOptions,
  committed: JournalEntry['outputs'] = {},
  refuse: Refuse,
): Promise<DurableOutputs> => {
  const rejects = join(dir, 'rejects.jsonl')
  const named = namedFiles(names).filter(({ file }) => resolve(file) !== resolve(rejects))
  for (const each of named) refuseOwn(each, dir)
  const { force } = names
  // First, since it may be refused and leaves nothing open.
  const piped = goesToStdout(names)
    ? [new StdoutOutput(stdout, committed[outFlag]?.bytes ?? 0, refuse)]
    : []
  const files = await openFiles(
    [...named, { flag: stateRejects, file: rejects }],
    ({ flag, file }) =>
      DurableFile.open(file, {
        flag,
        committed: committed[flag],
        force,
        refuse,
        inputs,
      }),
  )
  for (const { path, surplus } of files.values())
    if (surplus > 0)
      log(
        `${path} holds ${surplus} bytes behind the last commit; they are cut off when the run goes on.`,
      )
  const all = new Map<string, CommittedOutput>(files)
  for (const output of piped) all.set(outFlag, output)
  return { files, all }
}

const refuseOwn = ({ flag, file }: NamedFile, dir: string): void => {
  const path = resolve(file)
  if (dirname(path) === resolve(dir) && own.has(basename(path)))
    throw new Failure(
      'usage',
      `${flag} ${file} is a file that --state keeps for itself. Name another one.`,
    )
}
