/**
 * Options of the six stages: one strict zod object each, so that a typo fails where it is made.
 * The command line, its help and the configuration file are derived from these, descriptions
 * and defaults included.
 */
import { z } from 'zod'

const count = (min: number) => z.int().min(min)
const window = count(1)
  .optional()
  .describe(
    'records in this stage at once; bounds memory (default: set by the concurrency)',
  )
const order = z
  .enum(['arrival', 'input'])
  .default('arrival')
  .describe('pass records on as they become ready, or in the order of the input')
const seed = z
  .int()
  .min(0)
  .optional()
  .describe('base of the seeds sent to the server; without it none is sent')
const prompts = z.string().optional().describe('a folder with your own prompt texts')

export const corpusFormats = [
  'auto',
  'query',
  'messages',
  'sharegpt',
  'alpaca',
  'ultraif',
  'openai-batch',
  'text',
  'record',
] as const

export const parseOptions = z.strictObject({
  format: z.enum(corpusFormats).default('auto').describe('shape of the input lines'),
  turns: z
    .enum(['last', 'first', 'each'])
    .default('last')
    .describe('which user turns of a conversation become records'),
  maxLine: z
    .int()
    .min(1)
    .default(4 * 1024 * 1024)
    .describe('longest line read, in bytes; longer ones are rejected'),
  limit: count(0).optional().describe('stop after this many records'),
  skip: count(0).default(0).describe('pass over this many records first'),
})
export type ParseOptions = z.infer<typeof parseOptions>

const modelStage = { window, order, seed, prompts }

export const decomposeOptions = z.strictObject({
  ...modelStage,
  maxTokens: count(1).default(4096).describe('longest answer, in tokens'),
})
export type DecomposeOptions = z.infer<typeof decomposeOptions>

export const composeOptions = z.strictObject({
  ...modelStage,
  passes: count(0).default(3).describe('constraints to add, one a pass'),
  composer: z
    .enum(['prompted', 'trained'])
    .default('prompted')
    .describe('any instruct model with our prompt, or a trained UltraComposer'),
  from: z
    .enum(['original', 'simplified'])
    .default('original')
    .describe('compose on the prompt as it is, or on it without its last constraint'),
  temperature: z
    .number()
    .min(0)
    .default(0.7)
    .describe('sampling temperature of the composer'),
  tries: count(1)
    .default(3)
    .describe('tries a pass before the record goes on without it'),
  maxTokens: count(1).default(4096).describe('longest answer, in tokens'),
})
export type ComposeOptions = z.infer<typeof composeOptions>

export const generateOptions = z.strictObject({
  ...modelStage,
  samples: count(1).default(5).describe('responses for each record (K)'),
  temperature: z
    .number()
    .min(0)
    .default(1)
    .describe('sampling temperature of the responses'),
  topP: z.number().gt(0).max(1).default(0.95).describe('nucleus of the responses'),
  maxTokens: count(1).default(2048).describe('longest response, in tokens'),
})
export type GenerateOptions = z.infer<typeof generateOptions>

export const evaluateOptions = z.strictObject({
  ...modelStage,
  judge: z
    .enum(['together', 'apart'])
    .default('together')
    .describe('one call with all questions, or one call a question'),
  questions: z
    .enum(['all', 'pass'])
    .default('all')
    .describe('ask all questions, or only those that compose added (the paper)'),
  again: z.boolean().default(false).describe('judge responses that carry verdicts again'),
  maxTokens: count(1).default(2048).describe('longest answer, in tokens'),
})
export type EvaluateOptions = z.infer<typeof evaluateOptions>

/** Those of the whole stage, not said again for its two halves. */
const ofStage = { window: true, order: true, seed: true, prompts: true } as const

export const sampleOptions = z.strictObject({
  ...modelStage,
  until: z
    .enum(['all', 'pass', 'pair'])
    .default('all')
    .describe(
      'draw all samples, or in waves until one passes (the same first pass for fewer calls), or until a pair is found (the first one, not the widest)',
    ),
  waves: z
    .array(count(1))
    .min(1)
    .optional()
    .describe('samples in each wave, the last again and again (pass: 1, 2; pair: 2)'),
  generate: generateOptions.omit(ofStage).prefault({}),
  evaluate: evaluateOptions.omit(ofStage).prefault({}),
})
export type SampleOptions = z.infer<typeof sampleOptions>
/** As given: all of it may be left out. */
export type SampleInput = Partial<Omit<SampleOptions, 'generate' | 'evaluate'>> & {
  generate?: Partial<SampleOptions['generate']>
  evaluate?: Partial<SampleOptions['evaluate']>
}

/** `preference` is a pair as chats, as `messages` is one response as a chat. */
export const rowShapes = [
  'sft',
  'dpo',
  'messages',
  'preference',
  'composer',
  'record',
] as const
export type RowShape = (typeof rowShapes)[number]

export const filterOptions = z.strictObject({
  as: z.enum(rowShapes).default('sft').describe('shape of the rows'),
  also: z
    .array(z.enum(rowShapes))
    .default([])
    .describe('further shapes made from the same records'),
  pick: z
    .enum(['first', 'shortest'])
    .default('first')
    .describe('which passing response becomes the SFT row'),
  pair: z
    .enum(['margin', 'last'])
    .default('margin')
    .describe(
      'which pair becomes the DPO row: widest margin, or last pass and last fail',
    ),
  minPasses: count(0)
    .default(0)
    .describe('passes of compose a record must carry for rows of its responses'),
})
export type FilterOptions = z.infer<typeof filterOptions>
