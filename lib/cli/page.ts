/**
 * A command as data: what its help says, which options it takes, and the work it does once they
 * are settled.
 */
import type { Edges } from '../run/plan.js'
import type { Environment } from './environment.js'
import type { Sections, Settled } from './settle.js'

/** What a command meets: the process, or a test. */
export interface Surroundings {
  edges: Edges
  env: Environment
}

/** Defaults of a recipe or a preset, by the names of the flags. */
export interface NamedDefaults {
  name: string
  defaults?: { [flag: string]: unknown }
}

export interface Job<S extends Sections> extends Surroundings {
  files: string[]
  settings: Settled<S>
  /** The settings once more, with other defaults below all that was given, the first first. */
  withDefaults: (defaults: NamedDefaults[]) => Promise<Settled<S>>
}

export interface Page<S extends Sections = Sections> {
  /** What goes in, what comes out, and what happens between. */
  description: string
  /** Command lines to copy, each with what it does. */
  examples: [line: string, meaning: string][]
  sections: S
  takesFiles: boolean
  /** Where not any number of files is taken: the syntax of the argument, and what it is. */
  argument?: [syntax: string, meaning: string]
  /** Shows the options that the help of `run` leaves to the stage's own command. */
  showsRare: boolean
  /** Answers the exit code. */
  work(job: Job<S>): Promise<number>
}

/** Infers the settings of a page; at run time it is the page. */
export const page = <S extends Sections>(given: Page<S>): Page<S> => given
