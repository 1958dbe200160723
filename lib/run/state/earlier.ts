/**
 * What earlier sessions left in the folder: the journal, and what it says is done. Where the
 * command does not fit what was begun here, it is refused, or told with `--force`.
 */
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { DoneRecords } from './done-records.js'
import { Journal, type JournalEntry } from './journal.js'
import { differences, readManifest, refuseChanges, type Manifest } from './manifest.js'
import { rewritten } from './own-names.js'
import type { ModelNames, StatePlan } from './state.js'
import { Failure } from '../../errors.js'

export interface Earlier {
  journal: Journal
  done: DoneRecords
  /** The last entry; undefined in a folder where no run has begun. */
  before: JournalEntry | undefined
  /** Of a run of which some record is done; before that, nothing is fixed. */
  begun: JournalEntry | undefined
  manifest: Manifest | undefined
}

/** @throws Failure state_damaged, write_failed; the caller closes the journal */
export const readEarlier = async (dir: string): Promise<Earlier> => {
  await refuseForeign(dir)
  const manifest = await readManifest(join(dir, 'manifest.json'))
  const done = new DoneRecords()
  let before: JournalEntry | undefined
  const journal = await Journal.open(join(dir, 'journal'), entry => {
    done.addAllBefore(entry.low)
    for (const range of entry.done) done.addRange(range)
    before = entry
  })
  const begun = before && before.books.in > 0 ? before : undefined
  if (begun && !manifest) {
    await journal.close()
    throw new Failure(
      'state_damaged',
      `Expected ${dir} to hold manifest.json, which says what the ${begun.books.in} records that are done were made with. Bring back a copy of the folder, or begin anew with another --state.`,
    )
  }
  return { journal, done, before, begun, manifest }
}

/** What we would write over in a folder where we have not been. @throws Failure state_damaged */
const refuseForeign = async (dir: string): Promise<void> => {
  const there = new Set(await readdir(dir))
  if (there.has('journal')) return
  const found = rewritten
    .flatMap(name => [name, `${name}.new`])
    .find(name => there.has(name))
  if (found)
    throw new Failure(
      'state_damaged',
      `Expected ${dir} to be new, or the folder of a run, but it holds ${found} and no journal. Name another --state, or bring back a copy of the folder.`,
    )
}

/** Lets a change pass because of `--force`, or throws. */
export type Refuse = (changes: string[], because: (changes: string[]) => never) => void

/** @throws what `refuse` does */
export const compareSettings = (
  { begun, manifest }: Earlier,
  { dir, settings, prompts }: StatePlan,
  refuse: Refuse,
): void => {
  if (!begun || !manifest) return
  refuse(
    [
      ...differences(manifest.settings, settings, flag => `--${flag}`),
      ...differences(manifest.prompts, prompts, name => `the prompt ${name}`),
    ],
    changes => refuseChanges(dir, changes),
  )
}

/** Of the program that the last session ran, where it was another one. No reason to refuse: it may be the cure. */
export const versionBefore = (
  { begun, manifest }: Earlier,
  { version }: Pick<StatePlan, 'version'>,
): string | undefined => {
  const last = begun && manifest?.sessions.at(-1)?.ultraif
  return last === version ? undefined : last
}

/** @throws what `refuse` does */
export const compareModels = (
  { begun, manifest }: Earlier,
  { dir }: StatePlan,
  models: ModelNames,
  refuse: Refuse,
): void => {
  if (!begun || !manifest?.models) return
  refuse(
    differences(manifest.models, models, role => `the model of ${role}`),
    changes => refuseChanges(dir, changes),
  )
}
