/**
 * The library: what programs may rely on. See README.md, "The library".
 */
export { compose } from './stages/compose.js'
export { decompose } from './stages/decompose.js'
export { eligible } from './stages/eligible.js'
export { evaluate } from './stages/evaluate.js'
export { filter } from './stages/filter.js'
export { generate } from './stages/generate.js'
export { followRecords, type Following } from './stages/follow-records.js'
export { parse } from './stages/parse.js'
export { readRecords } from './stages/read-records.js'
export { sample } from './stages/sample.js'
export { stringify } from './jsonl/stringify.js'

export { composeRecord } from './steps/compose.js'
export { decomposeRecord } from './steps/decompose.js'
export { evaluateRecord } from './steps/evaluate.js'
export { generateRecord } from './steps/generate.js'
export { sampleRecord, type SampleModels } from './steps/sample.js'

export { chain, type Stage } from './stage.js'
export { perRecord, type PerRecordOptions } from './flow/per-record.js'
export { toDuplex } from './flow/to-duplex.js'
export { accountedIn, Ledger, type Counts } from './ledger.js'

export { vllm } from './model/vllm.js'
export { connectRoles, type ConnectedRoles } from './model/connect-roles.js'
export type { ConnectOptions, VllmOptions } from './model/options.js'
export {
  roleNames,
  type AnswerSchema,
  type Choice,
  type Message,
  type Model,
  type ModelCall,
  type ModelStats,
  type Outcome,
  type RoleName,
  type Roles,
  type Sampling,
  type Usage,
} from './model/model.js'

export {
  Constraint,
  constraintKinds,
  Pass,
  Question,
  Record,
  recordSchema,
  Reject,
  Response,
  Seed,
  Turn,
  Verdict,
} from './record.js'
export type { Row } from './steps/make-rows.js'
export {
  composeOptions,
  decomposeOptions,
  evaluateOptions,
  filterOptions,
  generateOptions,
  parseOptions,
  sampleOptions,
  type ComposeOptions,
  type DecomposeOptions,
  type EvaluateOptions,
  type FilterOptions,
  type GenerateOptions,
  type ParseOptions,
  type RowShape,
  type SampleInput,
  type SampleOptions,
} from './stages/options.js'

export {
  exitCodes,
  failureCodes,
  filterCodes,
  noteCodes,
  rejectCodes,
  type FailureCode,
  type FilterCode,
  type RejectCode,
} from './codes.js'
export { Failure, reject } from './errors.js'
export type {
  Pipeline,
  PipelineContext,
  PipelineModule,
  PipelineOptions,
} from './pipeline.js'
