/**
 * All outputs of a durable run: the files that were named, the rejects in its folder, and stdout
 * where rows go there.
 */
import { join } from 'node:path'
import { Failure } from '../../errors.js'
import { openFiles, shownAs, type NamedFile } from '../open-files.js'
import { goesToStdout, outFlag } from '../open-outputs.js'
import type { CommittedOutput } from './commits.js'
import { DurableFile } from './durable-file.js'
import type { Earlier, Refuse } from './earlier.js'
import { asideName, rejectsName } from './own-names.js'
import type { StateOptions } from './state.js'
import { fileBehind } from './stdout-file.js'
import { StdoutOutput } from './stdout-output.js'

export interface DurableOutputs {
  /** By the flag that named each. */
  files: ReadonlyMap<string, DurableFile>
  /** The same, and stdout under `outFlag` where rows go there. */
  all: ReadonlyMap<string, CommittedOutput>
}

/** Stands for a flag of the rejects in the folder. */
export const stateRejects = '--state'

/** `named`: without what lies in the folder. @throws Failure output_exists, state_damaged, state_mismatch, write_failed */
export const openDurableOutputs = async (
  named: readonly NamedFile[],
  { dir, names, inputs, stdout, log }: StateOptions,
  { before, manifest }: Pick<Earlier, 'before' | 'manifest'>,
  refuse: Refuse,
): Promise<DurableOutputs> => {
  const rejects = join(dir, rejectsName)
  const committed = before?.outputs ?? {}
  // A run was begun here, and no entry says what it wrote: what there is may be its rows.
  const isLost = manifest !== undefined && before === undefined
  const force = names.force && !isLost
  if (goesToStdout(names) && isLost && (fileBehind(stdout)?.size ?? 0) > 0)
    throw lostJournal(dir, 'stdout')
  // First, since it may be refused and leaves nothing open.
  const piped = goesToStdout(names)
    ? [new StdoutOutput({ stdout, committed: committed[outFlag], refuse, log })]
    : []
  const files = await openFiles(
    [...named, { flag: stateRejects, file: rejects }],
    ({ flag, file }) =>
      DurableFile.open(file, {
        flag,
        committed: committed[flag],
        force,
        refuse,
        aside: join(dir, asideName(flag)),
        inputs,
      }).catch((error: unknown) => {
        throw isLost && codeOf(error) === 'output_exists'
          ? lostJournal(dir, shownAs({ flag, file }))
          : error
      }),
  )
  for (const [flag, { path, surplus }] of files)
    if (surplus > 0)
      log(
        `${path} holds ${surplus} bytes behind the last commit; they are moved to ${join(dir, asideName(flag))} if the run goes on.`,
      )
  const all = new Map<string, CommittedOutput>(files)
  for (const output of piped) all.set(outFlag, output)
  return { files, all }
}

const codeOf = (error: unknown): string | undefined =>
  error instanceof Failure ? error.code : undefined

const lostJournal = (dir: string, output: string): Failure =>
  new Failure(
    'state_damaged',
    `Expected the journal in ${dir} to say what the run that was begun there wrote, but it says nothing, and ${output} holds something. Bring back a copy of the folder, or begin anew with another --state and other files.`,
  )
