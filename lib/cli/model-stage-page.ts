/**
 * The page of a command that is one stage with one model behind it.
 */
import type { z } from 'zod'
import type { Model, RoleName } from '../model/model.js'
import type { Record } from '../record.js'
import { run } from '../run/run.js'
import type { Stage } from '../stage.js'
import {
  outputSection,
  peopleSection,
  sharedSection,
  stoppingSection,
} from './common-sections.js'
import { page, type Page } from './page.js'
import { planOf } from './plan-of.js'
import type { Section } from './sections.js'
import { serverSection } from './server-section.js'
import { lineSection } from './stage-sections.js'

type Shared = z.output<(typeof sharedSection)['schema']>

export interface ModelStage<Schema extends z.ZodObject> {
  name: string
  role: RoleName
  description: string
  examples: Page['examples']
  section: Section<Schema>
  build: (model: Model, options: z.output<Schema> & Shared) => Stage<Record, Record>
}

export const modelStagePage = <Schema extends z.ZodObject>({
  name,
  role,
  description,
  examples,
  section,
  build,
}: ModelStage<Schema>) =>
  page({
    description,
    examples,
    sections: {
      stage: section,
      shared: sharedSection,
      server: serverSection([role]),
      line: lineSection,
      output: outputSection,
      stopping: stoppingSection,
      people: peopleSection,
    },
    takesFiles: true,
    showsRare: true,
    work: ({ files, settings, edges, env }) =>
      run(
        planOf(settings, {
          name,
          files,
          parse: settings.line,
          prepare: async preparing => {
            const { connectRole } = await import('./connect.js')
            const model = await connectRole(role, settings.server, env, preparing)
            const stage = build(model, { ...settings.stage, ...settings.shared })
            return { stage, models: model, ours: true }
          },
        }),
        edges,
      ),
  })
