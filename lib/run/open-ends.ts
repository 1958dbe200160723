/** The two ends of a run: where records come from, and where rows go. */
import type { Readable } from 'node:stream'
import { accountedIn } from '../ledger.js'
import { openRecords } from '../stages/read-records.js'
import { openOutputs, type Outputs } from './open-outputs.js'
import type { Edges, Plan } from './plan.js'
import type { State } from './state/state.js'
import type { Underway } from './underway.js'

export interface Ends {
  source: Readable
  outputs: Outputs
  /** The outputs of a durable run. */
  state: State | undefined
}

/** Whether some of the input is stdin. */
export const readsStdin = ({ files }: Pick<Plan, 'files'>): boolean =>
  files.length === 0 || files.includes('-')

/** @throws Failure for what cannot be read or written; nothing stays open then */
export const openEnds = async (
  plan: Plan,
  edges: Edges,
  underway: Underway,
  log: (line: string) => void,
): Promise<Ends> => {
  const files = plan.files.filter(file => file !== '-')
  const inputs = readsStdin(plan) ? [...files, '/dev/stdin'] : files
  const state = await openDurable(plan, edges, underway, inputs, log)
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
    return { source, outputs, state }
  } catch (error) {
    await state?.close()
    throw error
  }
}

/** Loaded only where it is asked for: most runs are short. */
const openDurable = async (
  { state, outputs: names, parse }: Plan,
  { stdout }: Edges,
  { ledger, stats, breaking, break: onError }: Underway,
  inputs: string[],
  log: (line: string) => void,
): Promise<State | undefined> => {
  if (!state) return undefined
  const { openState } = await import('./state/open-state.js')
  const { skip } = parse
  const { signal } = breaking
  const ends = { names, inputs, skip, stdout }
  return openState({ ...state, ...ends, ledger, stats, log, signal, onError })
}
