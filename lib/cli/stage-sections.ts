/**
 * The stages' own options as flags. One name means one thing in every command: `--temperature`
 * is always the responses', the composer's is `--compose-temperature`.
 */
import { z } from 'zod'
import {
  composeOptions,
  decomposeOptions,
  evaluateOptions,
  filterOptions,
  generateOptions,
  parseOptions,
  rowShapes,
  sampleOptions,
} from '../stages/options.js'
import type { Section } from './sections.js'

export const inputSection = {
  title: 'Input:',
  schema: parseOptions,
  flags: {
    format: 'format',
    turns: 'turns',
    limit: 'limit',
    skip: 'skip',
    maxLine: { flag: 'max-line', kind: 'size' },
  },
} satisfies Section<typeof parseOptions>

const follow = z.strictObject({
  follow: z
    .string()
    .optional()
    .describe(
      'read this file as well, after all others, and on and on as it grows, until a signal; not for .gz',
    ),
})

/** The input of `parse` alone: who follows a file wants its records, and decides later what to do. */
export const followSection = {
  title: 'Input:',
  schema: follow,
  flags: { follow: { flag: 'follow', value: 'file' } },
} satisfies Section<typeof follow>

export const decomposeSection = {
  title: 'Decompose:',
  schema: decomposeOptions,
  flags: { maxTokens: { flag: 'decompose-max-tokens', rare: true } },
} satisfies Section<typeof decomposeOptions>

export const composeSection = {
  title: 'Compose:',
  schema: composeOptions,
  flags: {
    passes: 'passes',
    composer: 'composer',
    from: 'from',
    temperature: { flag: 'compose-temperature', rare: true },
    tries: { flag: 'compose-tries', rare: true },
    maxTokens: { flag: 'compose-max-tokens', rare: true },
  },
} satisfies Section<typeof composeOptions>

export const generateSection = {
  title: 'Generate:',
  schema: generateOptions,
  flags: {
    samples: 'samples',
    temperature: 'temperature',
    topP: 'top-p',
    maxTokens: 'max-tokens',
  },
} satisfies Section<typeof generateOptions>

const waves = sampleOptions.pick({ until: true })

/** Needs verdicts on what was drawn, so it belongs to `run`, beside the options of `generate`. */
export const untilSection = {
  title: 'Generate:',
  schema: waves,
  flags: { until: 'until' },
} satisfies Section<typeof waves>

export const evaluateSection = {
  title: 'Evaluate:',
  schema: evaluateOptions,
  flags: {
    judge: 'judge',
    questions: { flag: 'judge-questions', rare: true },
    again: 'again',
    maxTokens: { flag: 'judge-max-tokens', rare: true },
  },
} satisfies Section<typeof evaluateOptions>

/** `--also SHAPE=FILE` names a file on the command line, so it is not the stage's own `also`. */
const rows = filterOptions.omit({ also: true }).extend({
  also: z
    .array(z.string().regex(new RegExp(`^(${rowShapes.join('|')})=.+`)))
    .default([])
    .describe(
      `further rows of the same records, into a file; SHAPE as for --as; repeat it for more`,
    ),
})

export const filterSection = {
  title: 'Filter:',
  schema: rows,
  flags: {
    as: 'as',
    also: {
      flag: 'also',
      value: 'shape=file',
      expects: `SHAPE=FILE with a SHAPE of ${rowShapes.join(', ')}`,
    },
    pick: 'pick',
    pair: 'pair',
    minPasses: 'min-passes',
  },
} satisfies Section<typeof rows>

const lines = z.strictObject({
  raw: z
    .boolean()
    .default(false)
    .describe('write the lines as they are, which is the default'),
  onlyNew: z
    .boolean()
    .default(false)
    .describe('leave out what is in the file already (default: read it from its start)'),
})

/** Of `ultraif follow` alone. */
export const followingSection = {
  title: 'Following:',
  schema: lines,
  flags: { raw: 'raw', onlyNew: 'new' },
} satisfies Section<typeof lines>

/** For commands that read records: of `parse`, only what may have to be widened for them. */
export const lineSection = {
  title: 'Input:',
  schema: parseOptions,
  flags: { maxLine: { flag: 'max-line', kind: 'size' } },
} satisfies Section<typeof parseOptions>
