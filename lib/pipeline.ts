/**
 * A recipe: a module whose default export builds a stage from what a run offers. `run` feeds it
 * records and writes whatever it passes on, one JSON line each.
 */
import type { Roles } from './model/model.js'
import type { Record } from './record.js'
import type { Stage } from './stage.js'
import type {
  ComposeOptions,
  DecomposeOptions,
  EvaluateOptions,
  FilterOptions,
  GenerateOptions,
  ParseOptions,
  SampleOptions,
} from './stages/options.js'

export interface PipelineOptions {
  parse: ParseOptions
  decompose: DecomposeOptions
  compose: ComposeOptions
  generate: GenerateOptions
  evaluate: EvaluateOptions
  /** `generate` and `evaluate` in one, and `until`: for recipes that sample in waves. */
  sample: SampleOptions
  filter: FilterOptions
}

export interface PipelineContext {
  /** The connected models, one a role; they may all be the same server. */
  model: Roles
  /** Options of every stage, from the flags, the configuration and the defaults. */
  options: PipelineOptions
  /** A line for people, on stderr; silent with `--quiet`. */
  log: (message: string) => void
}

/** What it passes on may be anything: rows, records, lines. (`any`, as Highland's types are invariant.) */
export type Pipeline = (
  context: PipelineContext,
) => Stage<Record, any> | Promise<Stage<Record, any>>

/** What a recipe's module exports. */
export interface PipelineModule {
  default: Pipeline
  /** Defaults of its own, by the names of the flags: `{ samples: 8, as: 'dpo' }`. */
  defaults?: { [flag: string]: unknown }
}
