/**
 * `--from-rejects FILE`: rejects in the place of a corpus, each tried again from the start.
 */
import { Failure } from '../errors.js'
import type { Plan } from '../run/plan.js'
import { chain } from '../stage.js'
import type { ParseOptions } from '../stages/options.js'
import { asRejects, tryAgain } from '../stages/try-again.js'

export interface Input extends Pick<Plan, 'files' | 'parse'> {
  /** The stage of a recipe, behind whatever its input needs before it. */
  into: (stage: RunStage, ours: boolean) => RunStage
}
type RunStage = Awaited<ReturnType<Plan['prepare']>>['stage']

/** @throws Failure usage where there is a corpus as well */
export const inputOf = (
  files: string[],
  parse: ParseOptions,
  fromRejects: string | undefined,
): Input => {
  if (fromRejects === undefined) return { files, parse, into: stage => stage }
  if (files.length > 0)
    throw new Failure(
      'usage',
      `--from-rejects ${fromRejects} takes the place of a corpus, got ${files.join(', ')} as well. Run them one after the other.`,
    )
  return {
    files: [fromRejects],
    parse: asRejects(parse),
    into: (stage, ours) => chain(tryAgain({ parse, ours }), stage),
  }
}
