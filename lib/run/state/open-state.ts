/**
 * `--state DIR`: a run that can be killed at any instant and goes on where its last commit left
 * it. The folder holds the lock, the manifest, the journal, the rejects and the last summary.
 */
import { join, resolve } from 'node:path'
import { Writable } from 'node:stream'
import type { Ledger } from '../../ledger.js'
import type { ModelStats } from '../../model/model.js'
import type { Bookmark } from '../../stages/bookmark.js'
import { closeFiles, openFiles } from '../open-files.js'
import {
  alsoFlag,
  namedFiles,
  outFlag,
  rejectsFlag,
  type OutputNames,
  type Outputs,
} from '../open-outputs.js'
import { lineOfReject } from '../reject-line.js'
import { booksOf, recount, restoreBooks } from './books.js'
import { Commits, type CommittedOutput } from './commits.js'
import { DoneRecords } from './done-records.js'
import { DurableFile } from './durable-file.js'
import { InputTrace, refuseInput } from './input-trace.js'
import { Journal, type JournalEntry } from './journal.js'
import { takeLock } from './lock.js'
import { makeFolder } from './make-folder.js'
import {
  differences,
  readManifest,
  refuseChanges,
  writeWhole,
  type Manifest,
  type Session,
} from './manifest.js'
import { ReadSoFar } from './read-so-far.js'
import { RecordTrail } from './record-trail.js'
import { stateFailed } from './state-failed.js'
import { StdoutOutput } from './stdout-output.js'

/** What a command says of a run that is to be durable. */
export interface StatePlan {
  dir: string
  /** Every option that changes what comes out, by the name of its flag. */
  settings: { [flag: string]: unknown }
  /** SHA-256 of the words of each prompt. */
  prompts: { [name: string]: string }
  /** Version of the program. */
  version: string
}

export interface StateOptions extends StatePlan {
  names: OutputNames
  /** Files that the run reads. */
  inputs: string[]
  /** Records at the start of the input that never enter. */
  skip: number
  stdout: Writable & { isTTY?: boolean }
  /** Gets the counts of earlier sessions, and is followed from here on. */
  ledger: Ledger
  /** Of this session. */
  stats: () => ModelStats | undefined
  log: (line: string) => void
  /** Told when the disk or the pipeline makes it impossible to go on. */
  onError: (error: unknown) => void
}

type Paid = Pick<ModelStats, 'calls' | 'tokens' | 'servers'>

/** Model of each role, by name. */
export type ModelNames = { [role: string]: string }

export interface State extends Outputs {
  bookmark: Bookmark
  /** What earlier sessions did; undefined in a run that begins. */
  before: JournalEntry | undefined
  /** Calls, tokens and seconds of all sessions together. */
  withBefore: (
    stats: ModelStats | undefined,
    seconds: number,
  ) => { stats: Paid | undefined; seconds: number }
  /** Compares the models with those of before. @throws Failure state_mismatch */
  meet: (models: ModelNames) => void
  /** The input has ended and nothing is open; to be called before `close`. */
  finish: () => Promise<void>
  /** Makes the ledger say what is on the disk and no more: the rest is open. To be called when a run was cut. */
  recount: () => Promise<void>
  /** Keeps the summary in the folder. */
  tell: (summary: object) => Promise<void>
}

/** @throws Failure state_locked, state_mismatch, state_damaged, output_exists, usage, write_failed */
export const openState = async (options: StateOptions): Promise<State> => {
  const { dir } = options
  await makeFolder(dir).catch(error => {
    throw stateFailed(dir, error)
  })
  const unlock = await takeLock(join(dir, 'lock'), dir)
  try {
    return await openLocked(options, unlock)
  } catch (error) {
    await unlock()
    throw error
  }
}

const openLocked = async (
  options: StateOptions,
  unlock: () => Promise<void>,
): Promise<State> => {
  const { dir, names, inputs, skip, ledger, stats, log, onError, stdout } = options
  const startedAt = performance.now()
  const at = (name: string) => join(dir, name)

  const done = new DoneRecords()
  let before: JournalEntry | undefined
  const journal = await Journal.open(at('journal'), entry => {
    done.addAllBefore(entry.low)
    for (const range of entry.done) done.addRange(range)
    before = entry
  })
  const refuse = (changes: string[], because: (dir: string, what: never) => never) => {
    if (changes.length === 0) return
    if (!names.force) because(dir, changes as never)
    log(`Going on with --force although ${changes.join('; ')}.`)
  }
  const manifest = before && (await readManifest(at('manifest.json')))
  const begun = before !== undefined && before.books.in > 0
  if (manifest && begun)
    refuse(
      [
        ...differences(manifest.settings, options.settings, flag => `--${flag}`),
        ...differences(manifest.prompts, options.prompts, name => `the prompt ${name}`),
      ],
      refuseChanges,
    )

  const rejectsFile = at('rejects.jsonl')
  const files = await openFiles(
    [
      ...namedFiles(names).filter(({ file }) => resolve(file) !== resolve(rejectsFile)),
      { flag: stateRejects, file: rejectsFile },
    ],
    ({ flag, file }) =>
      DurableFile.open(file, {
        flag,
        committed: before?.outputs[flag],
        force: names.force,
        inputs,
      }),
  )
  const outputs = new Map<string, CommittedOutput>(files)
  const toStdout = !files.has(outFlag)
  if (toStdout)
    outputs.set(
      outFlag,
      new StdoutOutput(stdout, before?.outputs[outFlag] ?? 0, names.force),
    )

  const books = restoreBooks(ledger, before)
  const trace = new InputTrace(begun ? before?.read : undefined, why =>
    refuse([why], () => refuseInput(dir, why)),
  )
  const bookmark = new ReadSoFar(
    { passed: before?.passed ?? { lines: 0, records: 0 }, skip },
    done,
    trace,
  )
  const commits = new Commits({
    journal,
    outputs,
    done,
    books,
    onError,
    circumstances: () => ({
      passed: bookmark.passedNow(),
      read: trace.position,
      notes: { ...ledger.notes },
      ...paidSoFar(before, stats()),
      seconds: (before?.seconds ?? 0) + (performance.now() - startedAt) / 1000,
    }),
  })
  const trail = new RecordTrail({
    onDone: (share, place) => commits.add(share, place),
    onFault: onError,
  })
  ledger.trail = trail

  let models = manifest?.models
  const session: Session = {
    started: new Date().toISOString(),
    ultraif: options.version,
    node: process.version,
    files: inputs,
    outputs: Object.fromEntries([...files].map(([flag, { path }]) => [flag, path])),
  }

  return {
    bookmark,
    before,
    ending: source => source,
    sink: new Writable({
      objectMode: true,
      write(row: unknown, _encoding, done) {
        try {
          trail.row(outFlag, row)
        } catch (error) {
          return done(error as Error)
        }
        const room = commits.room()
        if (room) void room.then(() => done())
        else done()
      },
      final: done => void commits.flush().then(() => done()),
    }),
    toStdout,
    takesRejects: true,
    reject: record => {
      const line = lineOfReject(record)
      trail.line(record, stateRejects, line)
      if (files.has(rejectsFlag)) trail.line(record, rejectsFlag, line)
      return commits.room()
    },
    also: (shape, row, record) => {
      trail.line(record, alsoFlag(shape), lineOfReject(row))
      return commits.room()
    },
    unwritten: () => [{ name: dir, bytes: commits.unwritten }],
    withBefore: (stats, seconds) => ({
      stats:
        stats || before
          ? { servers: stats?.servers ?? [], ...paidSoFar(before, stats) }
          : undefined,
      seconds: (before?.seconds ?? 0) + seconds,
    }),
    meet: names => {
      const changed = differences(
        (begun && manifest?.models) || names,
        names,
        role => `the model of ${role}`,
      )
      refuse(changed, refuseChanges)
      models = names
    },
    begin: async () => {
      const made: Manifest = {
        format: 1,
        settings: options.settings,
        prompts: options.prompts,
        ...(models ? { models } : {}),
        sessions: [
          ...(manifest?.sessions ?? []),
          {
            ...session,
            servers: stats()?.servers.map(({ url, version }) => ({ url, version })),
          },
        ],
      }
      await writeWhole(at('manifest.json'), made)
      for (const file of files.values()) await file.begin()
      // From here on what the outputs hold is known to be ours.
      await commits.begin()
    },
    recount: async () => {
      await commits.flush()
      recount(ledger, commits.committed)
    },
    finish: () => commits.finish({ ...booksOf(ledger) }, bookmark.entered),
    tell: summary => writeWhole(at('summary.json'), summary),
    close: async () => {
      await commits.flush()
      try {
        await closeFiles([...files.values(), journal])
      } finally {
        await unlock()
      }
    },
  }
}

const stateRejects = '--state'

/** Calls and tokens of all sessions together. */
const paidSoFar = (
  before: JournalEntry | undefined,
  now: ModelStats | undefined,
): Pick<JournalEntry, 'calls' | 'tokens'> => {
  const calls = { ...before?.calls }
  for (const [label, n] of Object.entries(now?.calls ?? {}))
    calls[label] = (calls[label] ?? 0) + n
  const tokens = (kind: 'prompt' | 'completion') =>
    (before?.tokens[kind] ?? 0) + (now?.tokens[kind] ?? 0)
  return {
    calls,
    tokens: { prompt: tokens('prompt'), completion: tokens('completion') },
  }
}
