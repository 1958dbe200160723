/**
 * The one shape that flows from `parse` to `filter`. Stages add fields and never rename them;
 * fields we do not know travel along untouched. Stable: see the JSON Schema from `recordSchema`.
 */
import { z } from 'zod'

export const constraintKinds = [
  'content',
  'numerical',
  'stylistic',
  'format',
  'linguistic',
] as const

export const Turn = z.looseObject({
  role: z.enum(['user', 'assistant', 'tool']),
  content: z.string(),
})
export type Turn = z.infer<typeof Turn>

export const Constraint = z.looseObject({
  kind: z.enum(constraintKinds).describe('one of the five kinds of UltraIF, section 3.1'),
  text: z.string().describe('the restriction in words'),
  without: z.string().describe('the query with only this constraint removed'),
  question: z.string().describe('a yes/no question that checks this constraint alone'),
})
export type Constraint = z.infer<typeof Constraint>

export const Pass = z.looseObject({
  before: z.string().describe('the query before this pass of the composer'),
  after: z.string().describe('the harder query it made'),
  question: z.string().describe('the question that checks what was added'),
})
export type Pass = z.infer<typeof Pass>

export const Question = z.looseObject({
  text: z.string(),
  from: z
    .enum(['seed', 'pass'])
    .describe('from the prompt itself, or from a pass of compose'),
})
export type Question = z.infer<typeof Question>

export const Verdict = z.looseObject({
  answer: z.enum(['yes', 'no', 'unknown']),
  why: z.string().optional().describe("the judge's reason, given before its answer"),
})
export type Verdict = z.infer<typeof Verdict>

export const Response = z.looseObject({
  text: z.string(),
  finish: z
    .string()
    .describe('finish_reason of the server: stop, length, …; error when the call failed'),
  reasoning: z.string().optional().describe('thinking text, kept apart from the answer'),
  verdicts: z
    .array(Verdict)
    .optional()
    .describe('verdicts[i] answers questions[i] of the record'),
  pass: z.boolean().optional().describe('every question was answered yes'),
})
export type Response = z.infer<typeof Response>

export const Reject = z.looseObject({
  stage: z.string(),
  code: z.string(),
  message: z.string(),
  raw: z
    .string()
    .optional()
    .describe('the text that could not be used: of a failed call, the last reply'),
  attempts: z
    .int()
    .optional()
    .describe('requests that were sent for the call that failed'),
})
export type Reject = z.infer<typeof Reject>

export const Seed = z.looseObject({
  id: z.union([z.string(), z.number()]).optional().describe("the corpus's own id"),
  query: z.string().describe('the prompt as it came'),
  file: z.string().optional(),
  line: z.int().optional().describe('1-based'),
})
export type Seed = z.infer<typeof Seed>

export const Record = z.looseObject({
  id: z
    .string()
    .min(1)
    .describe('hash of the content, the ordinal of the input line, turn'),
  query: z.string().describe('the current instruction'),
  history: z.array(Turn).optional().describe('turns before the query, oldest first'),
  system: z.string().optional(),
  seed: Seed,
  constraints: z.array(Constraint).optional(),
  decomposed: z
    .string()
    .optional()
    .describe('the query that the constraints were found in'),
  passes: z.array(Pass).optional(),
  questions: z.array(Question).optional(),
  responses: z.array(Response).optional(),
  reject: Reject.optional(),
})
export type Record = z.infer<typeof Record>

/**
 * Position of the input line a record came from, read back from its id (`<hash>-<ordinal>`,
 * then `.t2` for a turn, `.c1` for a child); 0 for ids that are not ours.
 */
export const ordinalOf = (id: string): number => {
  const found = /-(\d+)(?:\.|$)/.exec(id)
  return found ? Number(found[1]) : 0
}

/** JSON Schema (draft 2020-12) of the record, as published for other programs. */
export const recordSchema = (): object =>
  z.toJSONSchema(Record, { io: 'input', target: 'draft-2020-12' })
