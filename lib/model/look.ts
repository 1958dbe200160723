/**
 * Whether a server is there and does its work, found out by asking it: `/health`, which vLLM
 * answers with 503 when its engine is dead, then the list of models, for a server that was
 * started anew may serve another one. Over a connection of its own, since one that is open
 * already says nothing about a server that takes no new ones.
 */
import { failedByStatus, faultWords } from './attempt.js'
import type { Endpoint } from './endpoint.js'
import type { Answer } from './exchange.js'
import type { Fault } from './fault.js'
import { listedModels } from './read-server.js'

export type Look =
  | { state: 'well' }
  /** `gone`: what it was working on is lost. `silent`: there, and did not answer in time. */
  | {
      state: 'gone' | 'silent'
      why: string
      /** It is there, with another model: somebody must see to it. */
      isMisfit?: boolean
    }

export interface Looking {
  /** Names that the server has to serve. */
  models: Iterable<string>
  /** For each of the two questions. */
  timeoutMs: number
  signal?: AbortSignal | undefined
}

/** Looks once. Rejects only when it is aborted. */
export const lookAt = async (
  endpoint: Pick<Endpoint, 'ask' | 'shown'>,
  { models, timeoutMs, signal }: Looking,
): Promise<Look> => {
  const get = (path: string) =>
    endpoint.ask({ method: 'GET', path, fresh: true }, { timeoutMs, signal })
  const health = troubleOf(await get('/health'), endpoint.shown(toHealth))
  if (health) return health
  const answer = await get('/v1/models')
  const trouble = troubleOf(answer, endpoint.shown(toModels))
  if (trouble) return trouble
  const listed = listedModels(answer as Answer)
  const missing =
    listed && [...models].find(name => !listed.some(({ id }) => id === name))
  return missing === undefined
    ? { state: 'well' }
    : {
        state: 'gone',
        isMisfit: true,
        why: `it serves ${listed?.map(({ id }) => id).join(', ') || 'nothing'} and not ${missing}`,
      }
}

const toHealth = { method: 'GET', path: '/health' }
const toModels = { method: 'GET', path: '/v1/models' }

/** Any answer below 500 is one of a server that is alive: not all of them have these routes. */
const troubleOf = (answer: Answer | Fault, asked: string): Look | undefined => {
  if ('kind' in answer)
    return {
      state: answer.kind === 'silent' ? 'silent' : 'gone',
      why: `${faultWords[answer.kind]}: ${answer.message}`,
    }
  return answer.status < 500 || answer.status === 501
    ? undefined
    : { state: 'gone', why: failedByStatus(asked, answer).message }
}
