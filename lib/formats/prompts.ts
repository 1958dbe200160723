/**
 * The prompts of a conversation: its wanted human turns, each with what was said before it.
 * Histories leave here strictly ordered. Neighbours of one role are joined, what stands before
 * the first user turn is dropped, system turns become the system prompt; what cannot be put
 * right is a fault. Nothing is ever taken by position (method: S5, S12, T3 of the reference).
 */
import type { Turn } from '../record.js'
import type { ParseOptions } from '../stages/options.js'
import { fault, type Conversation, type Fault, type Said } from './conversation.js'

export interface Prompt {
  /** Which human turn of the conversation, from 1. */
  turn: number
  query: string
  history: Turn[]
  /** System turns up to this one, joined. */
  system?: string
  /** Neighbours were joined or turns dropped to put the history in order. */
  repaired: boolean
}
export type PromptFault = Fault & { turn: number }

/** More human turns than any conversation has; `each` makes as many histories of them. */
export const mostTurns = 1000

export const promptsOf = (
  conversation: Conversation,
  which: ParseOptions['turns'],
): (Prompt | PromptFault)[] => {
  const { runs, broken } = runsOf(conversation)
  // Most rows are a single prompt.
  if (runs.length === 1 && !broken) return [promptAt(runs, 0, 1)]
  const users = runs.flatMap((run, at) => (run.role === 'user' ? [at] : []))
  const rest = broken?.userAfter
    ? [{ code: broken.code, message: broken.message, turn: users.length + 1 }]
    : []
  const prompt = (turn: number) => promptAt(runs, users[turn - 1] as number, turn)

  if (users.length + rest.length === 0)
    return [{ ...(broken ?? fault('no_user_turn')), turn: 1 }]
  if (which === 'first') return users.length > 0 ? [prompt(1)] : rest
  if (which === 'last') return rest.length > 0 ? rest : [prompt(users.length)]
  if (users.length > mostTurns)
    return [{ ...fault('bad_history', `more than ${mostTurns} user turns`), turn: 1 }]
  return [...users.map((_, i) => prompt(i + 1)), ...rest]
}

const promptAt = (runs: Run[], at: number, turn: number): Prompt | PromptFault => {
  const { content, system, repaired } = runs[at] as Run
  if (content.trim() === '') return { ...fault('empty_query'), turn }
  return {
    turn,
    query: content,
    history: runs.slice(0, at).map(run => ({ role: run.role, content: run.content })),
    ...(system === undefined ? {} : { system }),
    repaired,
  }
}

interface Run extends Turn {
  /** The system prompt as it stands at this turn. */
  system: string | undefined
  /** Something up to here was put right. */
  repaired: boolean
}

/** What was said as turns that can follow each other, up to the first that cannot. */
const runsOf = ({
  turns,
  broken,
}: Conversation): { runs: Run[]; broken?: Conversation['broken'] } => {
  const runs: Run[] = []
  let system: string | undefined
  let repaired = false
  for (let i = 0; i < turns.length; i++) {
    const { role, content } = turns[i] as Said
    const before = runs.at(-1)
    if (role === 'system') system = joined(system, content)
    else if (!before && role !== 'user') repaired = true
    else if (before?.role === role) {
      repaired = true
      runs[runs.length - 1] = {
        role,
        content: joined(before.content, content),
        system,
        repaired,
      }
    } else if (before && outOfOrder(before.role, role)) {
      const userAfter =
        broken?.userAfter === true || turns.slice(i).some(turn => turn.role === 'user')
      return {
        runs,
        broken: {
          ...fault('bad_history', outOfOrderMessage(before.role, role)),
          userAfter,
        },
      }
    } else runs.push({ role, content, system, repaired })
  }
  return broken ? { runs, broken } : { runs }
}

/** A tool answers the assistant and is answered by it: it stands where a user would. */
const outOfOrder = (before: Turn['role'], role: Turn['role']): boolean =>
  before !== 'assistant' && role !== 'assistant'

const outOfOrderMessage = (before: Turn['role'], role: Turn['role']): string =>
  role === 'tool'
    ? `a tool turn follows a ${before} turn: the call it answers is missing`
    : `a ${role} turn follows a ${before} turn: the answer between them is missing`

const joined = (before: string | undefined, text: string): string =>
  before === undefined ? text : `${before}\n\n${text}`
