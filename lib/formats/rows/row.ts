/** What all training rows share: where they came from, and how earlier turns are written. */
import type { Record, Turn } from '../../record.js'

export interface RowOrigin {
  /** Id of the record; in composer rows with `.c1`, `.c2` … for each constraint. */
  id: string
  /** The corpus's own id, where it had one. */
  seed_id?: string | number
}

export const originOf = ({ id, seed }: Record, child = ''): RowOrigin => ({
  id: id + child,
  ...(seed.id === undefined ? {} : { seed_id: seed.id }),
})

/** A turn as the reference's trainers read it: two sides only, so what a tool says is human. */
export interface ShareGptTurn {
  from: 'human' | 'gpt'
  value: string
}

export const shareGptHistory = (history: readonly Turn[] = []): ShareGptTurn[] =>
  history.map(({ role, content }) => ({
    from: role === 'assistant' ? 'gpt' : 'human',
    value: content,
  }))

export interface ChatMessage {
  role: 'system' | 'user' | 'assistant' | 'tool'
  content: string
}

/** Everything before the response: system prompt, earlier turns, the query. */
export const promptMessages = ({
  system,
  history = [],
  query,
}: Record): ChatMessage[] => [
  ...(system === undefined ? [] : [{ role: 'system' as const, content: system }]),
  ...history.map(({ role, content }) => ({ role, content })),
  { role: 'user', content: query },
]
