/**
 * All records of a run from its one end to the other. Node owns the two ends and takes everything
 * down together when one of them breaks.
 */
import { pipeline } from 'node:stream/promises'
import { hasMore } from '../flow/has-more.js'
import { toDuplex } from '../flow/to-duplex.js'
import { accountedIn } from '../ledger.js'
import { chain } from '../stage.js'
import { closeBooks } from './books.js'
import { flushed } from './flushed.js'
import { readsStdin, type Ends } from './open-ends.js'
import type { Edges, Plan } from './plan.js'
import type { Progress } from './progress.js'
import { count } from './summary.js'
import type { Underway } from './underway.js'
import { startWatchdog } from './watchdog.js'

/** Settles when the last row has left, at once where nothing is left to do. */
export const flow = async (
  plan: Plan,
  { stdin, stdout }: Edges,
  underway: Underway,
  ends: Ends,
  { log, tell }: Pick<Progress, 'log' | 'tell'>,
): Promise<void> => {
  const { source, outputs, state } = ends
  const { ledger } = underway
  const { signal } = underway.breaking
  if (state?.before && !(await goesOn(ends, underway, log))) return

  const { stage, models, modelNames } = (underway.works = await accountedIn(
    ledger,
    async () => plan.prepare({ log, signal, onLost: underway.endEarly }),
  ))
  signal.throwIfAborted()
  state?.meet(modelNames ?? {})
  await outputs.begin()
  if (readsStdin(plan) && stdin.isTTY)
    log(`${plan.name} reads from the terminal: paste lines, end with Ctrl-D.`)
  const books = closeBooks({
    ledger,
    rejectsLeave: outputs.takesRejects,
    onEnd: () => {
      ledger.cameToEnd = !ledger.halted
      underway.stopReading()
      // Whatever is open now would be paid for and thrown away.
      if (ledger.full) underway.leaveOpen()
    },
  })
  const body = accountedIn(ledger, () => toDuplex(chain(stage, books, outputs.ending)))
  const files = outputs.unwritten
  const { name } = plan
  const watched = { name, ledger, models, source, body, stdout, files, tell }
  const stopWatching = startWatchdog(watched)
  try {
    const end = outputs.sink !== undefined
    await pipeline(source, body, outputs.sink ?? stdout, { signal, end })
    if (!outputs.sink) await flushed(stdout, signal)
  } finally {
    stopWatching()
  }
}

/** Says how far earlier sessions came, and answers whether anything is left. */
const goesOn = async (
  { source, state }: Ends,
  { ledger, breaking }: Underway,
  log: (line: string) => void,
): Promise<boolean> => {
  const more = !ledger.full && (await hasMore(source, breaking.signal))
  const done = state?.before?.books.in ?? 0
  const advice =
    done === 0 && more
      ? ' What was begun was still open: with a smaller --concurrency records are done sooner.'
      : ''
  log(
    `${state?.dir}: ${count(done)} records are done already, ${more ? 'and it goes on' : 'and nothing is left to do'}.${advice}`,
  )
  if (!more) source.destroy()
  return more
}
