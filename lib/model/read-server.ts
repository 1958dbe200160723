/**
 * Version and models of a server, read before the first record: what is wrong with the URL, the
 * key or the name is said once, at the start.
 */
import { setTimeout as delay } from 'node:timers/promises'
import { z } from 'zod'
import { Failure } from '../errors.js'
import { failedByStatus, faultWords } from './attempt.js'
import type { Endpoint, Request } from './endpoint.js'
import type { Answer } from './exchange.js'
import type { Fault } from './fault.js'
import { json } from './json.js'
import { isRetried } from './retry.js'

export interface ListedModel {
  id: string
  /** Context length in tokens; vLLM and few others say it. */
  maxModelLen?: number | undefined
}

export interface ServerFacts {
  /** vLLM's version; absent for another OpenAI-compatible server. */
  version?: string | undefined
  /** Absent where the server has no `/v1/models`. */
  models?: ListedModel[] | undefined
}

const quickMs = 10_000

/**
 * Version and models of a server; keeps trying for `waitMs` while it cannot be reached.
 * Throws `Failure`: `server_unreachable`, or `server_unusable` where something else answers.
 */
export const readServer = async (
  endpoint: Endpoint,
  { waitMs, signal }: { waitMs: number; signal?: AbortSignal | undefined },
): Promise<ServerFacts> => {
  const until = performance.now() + waitMs
  const request: Request = { method: 'GET', path: '/v1/models' }
  for (let pauseMs = 100; ; pauseMs = Math.min(2000, pauseMs * 2)) {
    const leftMs = Math.max(1000, until - performance.now())
    const [models, version] = await Promise.all([
      endpoint.ask(request, { timeoutMs: Math.min(quickMs, leftMs), signal }),
      endpoint.ask({ method: 'GET', path: '/version' }, { timeoutMs: quickMs, signal }),
    ])
    const trouble = troubleOf(models, endpoint, request)
    if (!trouble)
      return { version: versionIn(version), models: modelsIn(models, endpoint) }
    if (!trouble.mayPass || performance.now() + pauseMs > until) throw trouble.failure
    await delay(pauseMs, undefined, { signal })
  }
}

interface Trouble {
  failure: Failure
  mayPass: boolean
}

const troubleOf = (
  answer: Answer | Fault,
  endpoint: Endpoint,
  request: Request,
): Trouble | undefined => {
  const asked = endpoint.shown(request)
  if ('kind' in answer) {
    const { kind, message } = answer
    const mayPass = isRetried({ code: 'unreachable', message, fault: kind })
    const hint = kind === 'untrusted' ? certificateHint : startHint
    return { failure: unreachable(endpoint, faultWords[kind], message, hint), mayPass }
  }
  const { status } = answer
  if (status === 200 || status === 404 || status === 405) return undefined
  const failed = failedByStatus(asked, answer)
  if (isRetried(failed))
    return {
      failure: unreachable(endpoint, 'no use yet', failed.message, startHint),
      mayPass: true,
    }
  const hint =
    status === 401 || status === 403
      ? '. Set ULTRAIF_API_KEY (or the key of the role) to a key that this server knows'
      : ''
  return {
    failure: new Failure('server_unusable', failed.message + hint),
    mayPass: false,
  }
}

const unreachable = (
  endpoint: Endpoint,
  what: string,
  cause: string,
  hint: string,
): Failure =>
  new Failure(
    'server_unreachable',
    `${endpoint.address.shown}: ${what} (${cause}). ${hint}`,
  )

const startHint =
  'Is the server started, has it finished loading its model, and is the URL right (http or https, host, port)?'
const certificateHint =
  'Certificates are always checked: name the file with that of your own CA in NODE_EXTRA_CA_CERTS, and the host as its certificate does; a server without TLS has a URL with http.'

const Version = z.object({ version: z.string() })
const Models = z.object({
  data: z.array(z.object({ id: z.string(), max_model_len: z.number().nullish() })),
})

const versionIn = (answer: Answer | Fault): string | undefined =>
  'kind' in answer || answer.status !== 200
    ? undefined
    : Version.safeParse(json(answer.text)).data?.version

const modelsIn = (
  answer: Answer | Fault,
  endpoint: Endpoint,
): ListedModel[] | undefined => {
  if ('kind' in answer || answer.status !== 200) return undefined
  const listed = listedModels(answer)
  if (!listed)
    throw new Failure(
      'server_unusable',
      `${endpoint.shown({ method: 'GET', path: '/v1/models' })}: answered, but not with a list of models. Is this the URL of an OpenAI-compatible server?`,
    )
  return listed
}

/** Undefined where the answer of `/v1/models` lists none. */
export const listedModels = ({ status, text }: Answer): ListedModel[] | undefined =>
  status === 200
    ? Models.safeParse(json(text)).data?.data.map(
        ({ id, max_model_len: maxModelLen }) => ({
          id,
          maxModelLen: maxModelLen ?? undefined,
        }),
      )
    : undefined
