/**
 * The forms in which one HTTP request carries several calls. vLLM's engine gains nothing by any of
 * them: they save the HTTP, JSON and checks of its API process, and cost the wait for the slowest.
 */
import type { ModelCall } from '../model.js'

/**
 * `samples`: one prompt, `n` answers. `list`: text completions with a list of prompts. `chats`:
 * several conversations on a route that only vLLM has (0.19 and later).
 */
export const batchForms = ['samples', 'list', 'chats'] as const
export type BatchForm = (typeof batchForms)[number]

export const batchChatPath = '/v1/chat/completions/batch'

/** vLLM 0.26 and later refuse a longer list of prompts (VLLM_MAX_COMPLETION_PROMPTS). */
export const longestList = 1024

/** What grouping knows of a waiting call. */
export interface Member {
  readonly request: ModelCall
  /** Calls with the same key may share a request; a call without one goes by itself. */
  groupKey: string | undefined
}

/** Two members at least; the first is the one whose turn it was. */
export interface Group<M extends Member = Member> {
  form: BatchForm
  /** In the order in which their answers come back. */
  members: M[]
}

/** Sequences that a call takes at the server. */
export const sequencesOf = ({ sampling }: ModelCall): number => sampling.n ?? 1
