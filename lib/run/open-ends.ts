/** The two ends of a run: where records come from, and where rows go. */
import type { Readable } from 'node:stream'
import { accountedIn } from '../ledger.js'
import { openRecords } from '../stages/read-records.js'
import { openOutputs, type Outputs } from './open-outputs.js'
import type { Edges, Plan } from './plan.js'
import type { State } from './state/state.js'
import { lineTold } from './told.js'
import type { Underway } from './underway.js'

export interface Ends {
  source: Readable
  outputs: Outputs
  /** The outputs of a durable run. */
  state: State | undefined
  /** Whether some of the input is stdin. */
  fromStdin: boolean
}

/** @throws Failure for what cannot be read or written; nothing stays open then */
export const openEnds = async (
  plan: Plan,
  edges: Edges,
  underway: Underway,
  log: (line: string) => void,
): Promise<Ends> => {
  const fromStdin = plan.files.length === 0 || plan.files.includes('-')
  const files = plan.files.filter(file => file !== '-')
  const inputs = fromStdin ? [...files, '/dev/stdin'] : files
  const state = await openDurable(plan, edges, underway, inputs)
  const { signal } = underway.reading
  try {
    const source = accountedIn(underway.ledger, () =>
      plan.open
        ? plan.open({ signal, log })
        : openRecords(plan.files, plan.parse, signal, state?.bookmark),
    )
    const { isTTY } = edges.stdout
    const outputs =
      state ?? (await openOutputs(plan.outputs, inputs, underway.break, isTTY))
    return { source, outputs, state, fromStdin }
  } catch (error) {
    await state?.close()
    throw error
  }
}

/** Loaded only where it is asked for: most runs are short. */
const openDurable = async (
  { state, outputs: names, parse, quiet }: Plan,
  { stdout, stderr }: Edges,
  { ledger, stats, break: onError }: Underway,
  inputs: string[],
): Promise<State | undefined> => {
  if (!state) return undefined
  const { openState } = await import('./state/open-state.js')
  const log = (line: string) => void (quiet || stderr.write(`${lineTold(line)}\n`))
  const { skip } = parse
  return openState({ ...state, names, inputs, skip, stdout, ledger, stats, log, onError })
}
