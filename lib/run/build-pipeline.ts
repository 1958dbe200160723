/**
 * From a recipe to a stage. What a user's module throws or answers is told with its name, so that
 * the fault is looked for in the right file.
 */
import { Failure, messageOf } from '../errors.js'
import type { PipelineContext } from '../pipeline.js'
import type { Record } from '../record.js'
import type { Stage } from '../stage.js'
import { unusable, type LoadedPipeline } from './load-pipeline.js'

/** @throws Failure pipeline_unusable, or what one of our own recipes throws */
export const buildPipeline = async (
  { default: pipeline, name, ours }: LoadedPipeline,
  context: PipelineContext,
): Promise<Stage<Record, any>> => {
  let stage: unknown
  try {
    stage = await pipeline(context)
  } catch (error) {
    if (ours || error instanceof Failure) throw error
    throw unusable(name, `it threw when it was built: ${messageOf(error)}`, error)
  }
  if (typeof stage === 'function') return stage as Stage<Record, any>
  throw unusable(
    name,
    `expected (context) => stage to answer a stage, that is a function from stream to stream, got ${typeof stage}`,
  )
}
