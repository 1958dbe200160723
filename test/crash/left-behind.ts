/** What a session left on the disk when it was cut. */
import { existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { DoneRecords, type Range } from '../../lib/run/state/done-records.js'
import { readLine } from '../../lib/run/state/journal-line.js'
import type { Variant } from './variants.js'

/** Places of the records that the journal calls done. */
export const doneIn = (dir: string): DoneRecords => {
  const done = new DoneRecords()
  const journal = join(dir, 'state/journal')
  const lines = existsSync(journal) ? readFileSync(journal, 'utf8').split('\n') : []
  for (const line of lines) {
    const entry = readLine(line) as { low: number; done: Range[] } | undefined
    if (!entry) break
    done.addAllBefore(entry.low)
    for (const range of entry.done) done.addRange(range)
  }
  return done
}

/** Bytes of all outputs together. */
export const bytesIn = (dir: string, { outputs }: Variant): number =>
  outputs.reduce(
    (sum, name) =>
      sum + (statSync(join(dir, name), { throwIfNoEntry: false })?.size ?? 0),
    0,
  )

/** The server of each run has another port, which messages name. */
const address = /http:\/\/127\.0\.0\.1:\d+/g

/** The lines of each output, in an order of their own. */
export const linesOf = (dir: string, { outputs }: Variant): string[][] =>
  outputs.map(name => {
    const text = readFileSync(join(dir, name), 'utf8')
    if (text !== '' && !text.endsWith('\n'))
      throw new Error(`${name} ends in the middle of a line`)
    return text.replace(address, 'http://server').split('\n').slice(0, -1).sort()
  })
