/**
 * Which servers and models a command asks. Keys are no options: what stands on a command line
 * can be read by everybody on the machine, so they come from the environment alone.
 */
import { z } from 'zod'
import { roleNames, type RoleName } from '../model/model.js'
import { callOptions } from '../model/options.js'
import type { Look, Section } from './sections.js'

const urls = z.array(z.string().min(1)).default([])
const body = z.record(z.string(), z.unknown())

const perRole = <const Role extends RoleName>(role: Role, what: string) =>
  ({
    [`${role}Url`]: urls.describe(`another server for ${what}; repeat it for replicas`),
    [`${role}Model`]: z.string().optional().describe(`another model for ${what}`),
    [`${role}ExtraBody`]: body
      .optional()
      .describe(
        `fields for each request of ${what}, such as {"chat_template_kwargs":{"enable_thinking":false}}`,
      ),
  }) as { [Name in `${Role}Url`]: typeof urls } & {
    [Name in `${Role}Model`]: z.ZodOptional<z.ZodString>
  } & { [Name in `${Role}ExtraBody`]: z.ZodOptional<typeof body> }

const server = z.strictObject({
  baseUrl: urls.describe(
    'the server, with or without /v1; repeat it for replicas (environment: ULTRAIF_BASE_URL, with commas, else OPENAI_BASE_URL)',
  ),
  model: z
    .string()
    .optional()
    .describe('name of the model (default: the only one that the server lists)'),
  concurrency: callOptions.concurrency,
  batch: callOptions.batch,
  deadline: callOptions.deadlineMs,
  retries: callOptions.retries,
  ...perRole('decompose', 'decompose'),
  ...perRole('compose', 'compose'),
  ...perRole('generate', 'generate'),
  ...perRole('judge', 'the judge'),
})
export type ServerSettings = z.output<typeof server>

/** The flags for the roles that a command plays. */
export const serverSection = (roles: readonly RoleName[] = roleNames) =>
  ({
    title: 'Model server:',
    schema: server,
    flags: {
      baseUrl: { flag: 'base-url', value: 'url' },
      model: { flag: 'model', value: 'name' },
      concurrency: { flag: 'concurrency', kind: 'text', value: 'auto|n' },
      batch: { flag: 'batch', kind: 'text', value: 'auto|off|n' },
      deadline: { flag: 'deadline', kind: 'duration' },
      retries: 'retries',
      ...Object.fromEntries(
        roles.flatMap((role): [string, Look][] => [
          [`${role}Url`, { flag: `${role}-url`, value: 'url', rare: true }],
          [`${role}Model`, { flag: `${role}-model`, value: 'name', rare: true }],
          [`${role}ExtraBody`, { flag: `${role}-extra-body`, rare: true }],
        ]),
      ),
    },
  }) satisfies Section<typeof server>
