/** `ultraif run`: corpus in, training rows out, all in one process. */
import { roleNames, type Roles } from '../../model/model.js'
import { loadPipeline, pipelineNames } from '../../run/load-pipeline.js'
import { buildPipeline } from '../../run/build-pipeline.js'
import { run } from '../../run/run.js'
import type { EvaluateOptions, GenerateOptions } from '../../stages/options.js'
import { readAlso } from '../also.js'
import {
  embeddedSection,
  goalSection,
  outFileSection,
  outputSection,
  peopleSection,
  recipeSection,
  retrySection,
  sharedSection,
  stateSection,
  stoppingSection,
} from '../common-sections.js'
import { checkRecipe } from '../check-recipe.js'
import { modelsToCome, NotThereYet } from '../models-to-come.js'
import { page } from '../page.js'
import { planOf } from '../plan-of.js'
import { inputOf } from '../retry-input.js'
import { serverSection } from '../server-section.js'
import { statePlan } from '../state-plan.js'
import {
  composeSection,
  decomposeSection,
  evaluateSection,
  filterSection,
  generateSection,
  inputSection,
  untilSection,
} from '../stage-sections.js'
import { checkUntil } from '../until.js'

/** Sections with options that change which rows come out. */
const resultSections = {
  recipe: recipeSection,
  input: inputSection,
  retry: retrySection,
  decompose: decomposeSection,
  compose: composeSection,
  generate: generateSection,
  until: untilSection,
  evaluate: evaluateSection,
  filter: filterSection,
  shared: sharedSection,
  server: serverSection(),
}

export const runPage = page({
  description: `Turns a corpus of prompts into training rows: finds what each prompt demands, makes
it harder, answers it several times, has a judge check every demand, and keeps what
passes. Rows go to stdout or --out, everything for people to stderr, and the last
line there is a JSON summary: in = kept + filtered + rejected.

With --yes and no server it runs on a small model of its own, which it fetches once.

Recipes for --pipeline: ${pipelineNames.join(', ')}.`,
  examples: [
    [
      'ultraif run --base-url http://127.0.0.1:8000 prompts.jsonl > sft.jsonl',
      'rows for supervised fine-tuning',
    ],
    [
      `ultraif run --base-url http://127.0.0.1:8000 --judge-url http://127.0.0.1:8001 \\
    --out sft.jsonl --also dpo=dpo.jsonl --rejects bad.jsonl --seed 1 prompts.jsonl`,
      'a judge of its own, pairs from the same records, rejects apart, repeatable',
    ],
    [
      'ultraif run --base-url http://127.0.0.1:8000 --until pass prompts.jsonl > sft.jsonl',
      'the same rows for fewer calls: no more answers to a prompt once one passes',
    ],
    [
      'ultraif run --base-url http://127.0.0.1:8000 --target 10000 prompts.jsonl > sft.jsonl',
      'no more of the corpus than it takes for rows of 10,000 records',
    ],
    [
      'ultraif run --base-url http://127.0.0.1:8000 --state run1 --out sft.jsonl prompts.jsonl',
      'a run that goes on where it was stopped or killed, by the same command',
    ],
    [
      'ultraif run --base-url http://127.0.0.1:8000 --seed 1 --from-rejects bad.jsonl > more.jsonl',
      'the rows of records that were rejected, once the cause is gone',
    ],
    ['ultraif run --yes --limit 5 prompts.jsonl > sft.jsonl', 'no server at hand'],
  ],
  sections: {
    ...resultSections,
    embedded: embeddedSection,
    outFile: outFileSection,
    state: stateSection,
    output: outputSection,
    stopping: stoppingSection,
    goal: goalSection,
    people: peopleSection,
  },
  takesFiles: true,
  showsRare: false,
  work: async ({ files, settings: given, withDefaults, edges, env }) => {
    const { pipeline: name, preset } = given.recipe
    const recipe = await loadPipeline(name)
    const settings = await withDefaults([
      ...(preset
        ? [{ ...(await loadPipeline(preset)), name: `the preset ${preset}` }]
        : []),
      recipe,
    ])
    const { decompose, compose, generate, evaluate, shared } = settings
    const { until } = settings.until
    const { also, ...filter } = settings.filter
    const alsoFiles = readAlso(filter.as, also)
    const shapes = alsoFiles.map(({ shape }) => shape)
    checkUntil(until, { ...filter, also: shapes })
    const input = inputOf(files, settings.input, settings.retry.fromRejects)
    const options = {
      parse: settings.input,
      decompose: { ...decompose, ...shared },
      compose: { ...compose, ...shared },
      generate: { ...generate, ...shared },
      evaluate: { ...evaluate, ...shared },
      sample: { until, ...shared, generate: own(generate), evaluate: own(evaluate) },
      filter: { ...filter, also: shapes },
    }
    const { state } = settings.state
    const { prompts } = shared
    return run(
      planOf(settings, {
        name: 'run',
        files: input.files,
        parse: input.parse,
        state:
          state === undefined
            ? undefined
            : await statePlan(state, resultSections, settings, { recipe, prompts }),
        out: settings.outFile.out,
        also: alsoFiles,
        passesOn: false,
        inPipe: false,
        target: settings.goal.target,
        prepare: async preparing => {
          const { log } = preparing
          const build = async (model: Roles) => {
            const stage = await buildPipeline(recipe, { model, options, log })
            const remark = checkRecipe({ recipe: recipe.name, until, also: shapes })
            if (remark) log(remark)
            return stage
          }
          const { roles: toCome, come } = modelsToCome()
          const early = await build(toCome).catch(unlessTooEarly)
          const { connectModels } = await import('../models.js')
          const { roles, models } = await connectModels(settings, env, preparing)
          try {
            come(roles)
            const stage = early ?? (await build(roles))
            return {
              stage: input.into(stage, recipe.ours),
              models,
              modelNames: namesOf(roles),
              ours: recipe.ours,
            }
          } catch (error) {
            await models.close()
            throw error
          }
        },
      }),
      edges,
    )
  },
})

/** A recipe of somebody's may ask its models something while it is built: then it has to wait. */
const unlessTooEarly = (error: unknown): undefined => {
  const { cause = error } = error as Error
  if (!(cause instanceof NotThereYet)) throw error
}

const namesOf = (roles: Roles) =>
  Object.fromEntries(roleNames.map(role => [role, roles[role].name]))

/** A stage's options without those that `sample` takes once for both its halves. */
const own = <Options extends Partial<GenerateOptions | EvaluateOptions>>({
  window,
  order,
  seed,
  prompts,
  ...rest
}: Options) => rest
