/** Opens the folder of a durable run, and puts its parts together. */
import { join } from 'node:path'
import { Writable } from 'node:stream'
import type { Ledger } from '../../ledger.js'
import { closeFiles } from '../open-files.js'
import { alsoFlag, namedFiles, outFlag, rejectsFlag } from '../open-outputs.js'
import { lineOfReject } from '../reject-line.js'
import { booksOf, recount, restoreBooks } from './books.js'
import { Commits } from './commits.js'
import {
  openDurableOutputs,
  stateRejects,
  type DurableOutputs,
} from './durable-outputs.js'
import {
  compareModels,
  compareSettings,
  readEarlier,
  versionBefore,
  type Earlier,
  type Refuse,
} from './earlier.js'
import { InputTrace, refuseInput } from './input-trace.js'
import { isOfTheEnd } from './last-summary.js'
import { takeLock, type Lock } from './lock.js'
import { makeFolder } from './make-folder.js'
import { writeManifest, writeWhole } from './manifest.js'
import { asideFrom } from './own-names.js'
import { paidSoFar } from './paid-so-far.js'
import { ReadSoFar } from './read-so-far.js'
import { RecordTrail } from './record-trail.js'
import type { ModelNames, State, StateOptions } from './state.js'
import { noFolder } from './state-failed.js'

/** @throws Failure state_locked, state_mismatch, state_damaged, output_exists, usage, write_failed */
export const openState = async (options: StateOptions): Promise<State> => {
  const startedAt = performance.now()
  const { dir, names, log } = options
  await makeFolder(dir).catch(error => {
    throw noFolder(dir, error)
  })
  const named = await asideFrom(dir, namedFiles(names), options.inputs)
  const forced: string[] = []
  const refuse: Refuse = (changes, because) => {
    if (changes.length === 0) return
    if (!names.force) because(changes)
    forced.push(...changes)
    log(`Going on with --force although ${changes.join('; ')}.`)
  }
  const lock = await takeLock(join(dir, 'lock'), options)
  let earlier: Earlier | undefined
  try {
    earlier = await readEarlier(dir)
    compareSettings(earlier, options, refuse)
    const version = versionBefore(earlier, options)
    if (version !== undefined)
      log(
        `${dir} was begun with ultraif ${version}, and this is ${options.version}: rows may differ where the program does (see its changelog).`,
      )
    const outputs = await openDurableOutputs(named, options, earlier, refuse)
    return stateOf(options, { startedAt, earlier, outputs, refuse, forced, lock })
  } catch (error) {
    await earlier?.journal.close().catch(() => {})
    await lock.giveBack()
    throw error
  }
}

interface Parts {
  startedAt: number
  earlier: Earlier
  outputs: DurableOutputs
  refuse: Refuse
  /** What `--force` has let pass. */
  forced: string[]
  lock: Lock
}

const stateOf = (
  options: StateOptions,
  { startedAt, earlier, outputs, refuse, forced, lock }: Parts,
): State => {
  const { dir, skip, ledger, stats, onError } = options
  const { journal, done, before, begun } = earlier
  const { files } = outputs
  const secondsBefore = before?.seconds ?? 0

  const books = restoreBooks(ledger, before)
  const trace = new InputTrace(begun?.read, why =>
    refuse([why], () => refuseInput(dir, why)),
  )
  const passed = begun?.passed ?? { lines: 0, records: 0 }
  const bookmark = new ReadSoFar({ passed, skip }, done, trace)
  const commits = new Commits({
    journal,
    outputs: outputs.all,
    // What this session does not write stays the run's.
    unused: before?.outputs ?? {},
    done,
    books,
    check: lock.check,
    onError,
    circumstances: () => ({
      passed: bookmark.passedNow(),
      read: trace.position,
      notes: { ...ledger.notes },
      ...paidSoFar(before, stats()),
      seconds: secondsBefore + (performance.now() - startedAt) / 1000,
    }),
  })
  const trail = new RecordTrail({
    onDone: (share, place) => commits.add(share, place),
    onFault: onError,
    onManyDue: records =>
      options.log(
        `${dir}: ${records} records wait for rows that a stage behind filter holds or has dropped. They count as open until the end, and take memory; perRecord, which may answer [], tells of rows that it drops.`,
      ),
  })
  ledger.trail = trail
  let models: ModelNames | undefined
  let hasBegun = false
  const told = join(dir, 'summary.json')

  return {
    dir,
    bookmark,
    before,
    ending: source => source,
    sink: sinkOf(ledger, trail, commits),
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
      seconds: secondsBefore + seconds,
    }),
    meet: names => {
      compareModels(earlier, options, names, refuse)
      models = names
    },
    begin: async () => {
      await writeManifest(options, earlier.manifest, {
        models,
        forced,
        servers: stats()?.servers ?? [],
        outputs: [...files].map(([flag, { path }]) => [flag, path]),
      })
      for (const file of files.values()) await file.begin()
      // From here on what the outputs hold is known to be ours.
      await commits.begin()
      hasBegun = true
    },
    recount: async () => {
      await commits.flush()
      recount(ledger, commits.committed)
    },
    finish: () => commits.finish(booksOf(ledger), bookmark.entered),
    tell: summary => writeWhole(told, summary),
    tellIfMissed: async summary => {
      if (!(await isOfTheEnd(told, summary))) await writeWhole(told, summary)
    },
    close: async () => {
      const failure = await commits.close()
      const endings = [
        ...(hasBegun ? [...files.values()].map(file => () => file.checkPlace()) : []),
        () => closeFiles([...files.values(), journal]),
        lock.giveBack,
      ]
      const errors: unknown[] = failure ? [failure] : []
      for (const end of endings) await end().catch((error: unknown) => errors.push(error))
      if (errors.length > 0) throw errors[0]
    },
  }
}

const sinkOf = (ledger: Ledger, trail: RecordTrail, commits: Commits): Writable =>
  new Writable({
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
    final(done) {
      // Of a run that was cut, rows may be missing that nobody dropped: their records stay open.
      if (ledger.cameToEnd) trail.rowsEnded()
      void commits.flush().then(() => done())
    },
  })
