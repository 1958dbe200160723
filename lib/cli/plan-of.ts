/**
 * What all commands have in common on their way from settings to a run.
 */
import type { z } from 'zod'
import type { OutputNames } from '../run/open-outputs.js'
import type { Plan } from '../run/plan.js'
import { parseOptions } from '../stages/options.js'
import type { outputSection, peopleSection, stoppingSection } from './common-sections.js'
import { readShare } from './units.js'

export interface CommonSettings {
  output: z.output<(typeof outputSection)['schema']>
  people: z.output<(typeof peopleSection)['schema']>
  stopping: z.output<(typeof stoppingSection)['schema']>
}

type Own = Pick<Plan, 'name' | 'files' | 'prepare'> &
  Partial<Pick<Plan, 'parse' | 'open' | 'passesOn' | 'inPipe' | 'target' | 'state'>> &
  Partial<Pick<OutputNames, 'out' | 'also'>>

/** A plan of a single stage, unless told otherwise. */
export const planOf = ({ output, people, stopping }: CommonSettings, own: Own): Plan => ({
  name: own.name,
  files: own.files,
  parse: own.parse ?? parseOptions.parse({}),
  ...(own.open && { open: own.open }),
  passesOn: own.passesOn ?? true,
  inPipe: own.inPipe ?? true,
  outputs: {
    out: own.out,
    also: own.also ?? [],
    rejects: output.rejects,
    force: output.force,
  },
  maxRejects: limitOf(stopping.maxRejects),
  target: own.target,
  state: own.state,
  strict: output.strict,
  quiet: people.quiet,
  progress: people.progress,
  prepare: own.prepare,
})

const limitOf = (given: number | string | undefined): Plan['maxRejects'] =>
  given === undefined
    ? undefined
    : typeof given === 'number'
      ? { records: given }
      : { share: readShare(given) }
