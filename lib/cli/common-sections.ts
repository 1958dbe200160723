/**
 * Options that belong to a command rather than to a stage: where rows go, what people see, which
 * seed and prompts all stages share.
 */
import { z } from 'zod'
import { composeOptions } from '../stages/options.js'
import type { Section } from './sections.js'

const { seed, order, prompts } = composeOptions.shape
const shared = z.strictObject({ seed, order, prompts })

/** The same for every stage that calls a model. */
export const sharedSection = {
  title: 'All stages:',
  schema: shared,
  flags: {
    seed: 'seed',
    order: 'order',
    prompts: { flag: 'prompts', value: 'dir' },
  },
} satisfies Section<typeof shared>

const outputs = z.strictObject({
  rejects: z
    .string()
    .optional()
    .describe('write rejected records to this file instead of passing them on'),
  force: z
    .boolean()
    .default(false)
    .describe(
      'empty output files that hold something; with --state, go on although something changed',
    ),
  strict: z.boolean().default(false).describe('exit 3 if any record was rejected'),
})

export const outputSection = {
  title: 'Output:',
  schema: outputs,
  flags: {
    rejects: { flag: 'rejects', value: 'file' },
    force: 'force',
    strict: 'strict',
  },
} satisfies Section<typeof outputs>

const outFile = z.strictObject({
  out: z.string().optional().describe('write rows to this file instead of stdout'),
})

export const outFileSection = {
  title: 'Output:',
  schema: outFile,
  flags: { out: { flag: 'out', value: 'file' } },
} satisfies Section<typeof outFile>

const stopping = z.strictObject({
  maxRejects: z
    .union([z.int().min(0), z.string().regex(/^(100(\.0+)?|\d{1,2}(\.\d+)?)\s*%$/)])
    .optional()
    .describe(
      'end with exit code 1 once more records than this, or than this share of those read, were rejected or could not be judged',
    ),
})

export const stoppingSection = {
  title: 'Stopping:',
  schema: stopping,
  flags: {
    maxRejects: {
      flag: 'max-rejects',
      value: 'n|p%',
      expects: 'a number of records such as 100, or a share of them such as 5%',
    },
  },
} satisfies Section<typeof stopping>

const retry = z.strictObject({
  fromRejects: z
    .string()
    .optional()
    .describe(
      'try rejected records again, from the start, in place of a corpus; - for stdin',
    ),
})

export const retrySection = {
  title: 'Input:',
  schema: retry,
  flags: { fromRejects: { flag: 'from-rejects', value: 'file' } },
} satisfies Section<typeof retry>

const goal = z.strictObject({
  target: z
    .int()
    .min(1)
    .optional()
    .describe('stop as soon as this many records were kept'),
})

export const goalSection = {
  title: 'Stopping:',
  schema: goal,
  flags: { target: 'target' },
} satisfies Section<typeof goal>

const state = z.strictObject({
  state: z
    .string()
    .min(1)
    .optional()
    .describe(
      'keep what is done in this folder, so that the same command goes on after a stop, a crash or a full disk',
    ),
})

/** Durable runs belong to `run`: a single stage passes on what it gets. */
export const stateSection = {
  title: 'Output:',
  schema: state,
  flags: { state: { flag: 'state', value: 'dir' } },
} satisfies Section<typeof state>

const people = z.strictObject({
  quiet: z
    .boolean()
    .default(false)
    .describe('only errors and the JSON summary on stderr'),
  progress: z
    .enum(['auto', 'plain', 'json', 'off'])
    .default('auto')
    .describe('a redrawn line on a terminal, plain lines, JSON lines, or none'),
  config: z
    .string()
    .optional()
    .describe('JSON file with options, named as the flags are'),
})

export const peopleSection = {
  title: 'Running:',
  schema: people,
  flags: {
    quiet: 'quiet',
    progress: 'progress',
    config: { flag: 'config', value: 'file' },
  },
} satisfies Section<typeof people>

const recipe = z.strictObject({
  pipeline: z
    .string()
    .default('ultraif')
    .describe('a recipe by name, or a JavaScript module of your own'),
  preset: z
    .enum(['paper'])
    .optional()
    .describe("other defaults: paper takes the paper's own values everywhere"),
})

export const recipeSection = {
  title: 'Recipe:',
  schema: recipe,
  flags: { pipeline: { flag: 'pipeline', value: 'name|file' }, preset: 'preset' },
} satisfies Section<typeof recipe>

const embedded = z.strictObject({
  gguf: z
    .string()
    .optional()
    .describe('weights for the embedded model, when no server is given'),
  yes: z
    .boolean()
    .default(false)
    .describe('run the embedded model, and fetch it first where it is not here yet'),
})

export const embeddedSection = {
  title: 'Without a server:',
  schema: embedded,
  flags: { gguf: { flag: 'gguf', value: 'file' }, yes: 'yes' },
} satisfies Section<typeof embedded>
