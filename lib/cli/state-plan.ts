/**
 * What `--state` has to know of a command: what its rows depend on.
 */
import { promptHashes } from '../prompts/prompt-hashes.js'
import type { LoadedPipeline } from '../run/load-pipeline.js'
import type { StatePlan } from '../run/state/state.js'
import { resultSettings } from './result-settings.js'
import type { Sections, Settled } from './settle.js'
import { version } from './version.js'

/** `sections`: those whose options change the rows. @throws Failure usage for prompts that cannot be read */
export const statePlan = async <S extends Sections>(
  dir: string,
  sections: S,
  settings: Settled<S>,
  { recipe, prompts }: { recipe: LoadedPipeline; prompts: string | undefined },
): Promise<StatePlan> => ({
  dir,
  settings: await resultSettings(
    sections,
    settings,
    recipe.ours ? undefined : recipe.name,
  ),
  prompts: promptHashes(prompts),
  version: version(),
})
