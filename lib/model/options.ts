/**
 * What the caller of `vllm()` and `connectRoles()` can set. Strict: a typo fails where it is made.
 */
import { z } from 'zod'
import { Failure } from '../errors.js'
import type { MakeClient } from './endpoint.js'

const urls = z
  .array(z.string())
  .min(1)
  .describe('servers that do the same work, with or without /v1')
const model = z
  .string()
  .min(1)
  .optional()
  .describe('name of the model (default: the only one the server lists)')
const apiKey = z.string().optional().describe('sent as a bearer token; never printed')

/** Fields that are ours to set: another value would make the reply unreadable. */
const reserved = [
  'model',
  'messages',
  'prompt',
  'n',
  'stream',
  'response_format',
] as const

const extraBody = z
  .record(z.string(), z.unknown())
  .refine(body => reserved.every(field => !(field in body)), {
    error: `cannot hold any of ${reserved.join(', ')}: these are set by the call`,
  })
  .optional()
  .describe('further fields of every request body, such as chat_template_kwargs')

/** Node's timers run out at once beyond this: 24.8 days. */
const longestTimerMs = 2 ** 31 - 1

export const callOptions = {
  concurrency: z
    .union([z.literal('auto'), z.int().min(1)])
    .default('auto')
    .describe(
      'sequences in flight per server, a call with n = 5 being five; auto follows the load of each',
    ),
  batch: z
    .union([z.literal('auto'), z.literal('off'), z.int().min(1)])
    .default('auto')
    .describe(
      'waiting calls that may share a request: auto for answers of a few tokens only, a number for all',
    ),
  deadlineMs: z
    .int()
    .min(1)
    .max(longestTimerMs)
    .default(600_000)
    .describe(
      'longest time of a call, from the first time it is sent, retries included, without the wait in our own queue; also how long to wait for a server when all are gone',
    ),
  retries: z
    .int()
    .min(0)
    .default(5)
    .describe('times a call is sent again after a failure that may pass'),
  backoffMs: z
    .int()
    .min(1)
    .default(500)
    .describe(
      'longest wait before the first retry; doubles with each one, with full jitter',
    ),
  startWaitMs: z
    .int()
    .min(0)
    .default(10_000)
    .describe('how long to keep trying a server that cannot be reached at the start'),
  signal: z.instanceof(AbortSignal).optional().describe('cuts all calls'),
  log: z
    .custom<(line: string) => void>(value => typeof value === 'function', {
      error: 'expected a function (line) => void',
    })
    .optional()
    .describe('gets a line when a server goes out or comes back'),
  onLost: z
    .custom<(failure: Failure) => void>(value => typeof value === 'function', {
      error: 'expected a function (failure) => void',
    })
    .optional()
    .describe(
      'called once when no server of a model has been there for deadlineMs, before its open calls settle as unreachable',
    ),
  client: z
    .custom<MakeClient>(value => typeof value === 'function', {
      error: 'expected a function (origin, options) => Dispatcher',
    })
    .optional()
    .describe(
      'makes the undici dispatcher behind each socket (default: a Client); for proxies and unix sockets',
    ),
}

export const vllmOptions = z.strictObject({
  urls,
  model,
  apiKey,
  extraBody,
  ...callOptions,
})
export type VllmOptions = z.input<typeof vllmOptions>

const roleOptions = z.strictObject({ urls: urls.optional(), model, apiKey, extraBody })

export const connectOptions = z.strictObject({
  urls: urls.optional(),
  model,
  apiKey,
  extraBody,
  roles: z
    .strictObject({
      decompose: roleOptions.optional(),
      compose: roleOptions.optional(),
      generate: roleOptions.optional(),
      judge: roleOptions.optional(),
    })
    .default({})
    .describe(
      'what differs for a role; one with urls of its own inherits no model, key or body',
    ),
  ...callOptions,
})
export type ConnectOptions = z.input<typeof connectOptions>

/** Throws `Failure` (usage) with every complaint on a line of its own. */
export const readOptions = <T extends z.ZodType>(
  schema: T,
  options: z.input<T>,
  name: string,
): z.output<T> => {
  const parsed = schema.safeParse(options)
  if (parsed.success) return parsed.data
  throw new Failure('usage', `${name}: ${z.prettifyError(parsed.error)}`)
}
