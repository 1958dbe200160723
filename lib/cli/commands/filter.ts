/** `ultraif filter`: judged records in, training rows out. */
import { run } from '../../run/run.js'
import { filter } from '../../stages/filter.js'
import { readAlso } from '../also.js'
import { outputSection, peopleSection, stoppingSection } from '../common-sections.js'
import { page } from '../page.js'
import { planOf } from '../plan-of.js'
import { filterSection, lineSection } from '../stage-sections.js'

export const filterPage = page({
  description: `Turns judged records into training rows. sft: the first response that passes all
questions. dpo: a passing response against a failing one. messages: sft as a chat.
composer: rows to train a composer. record: every record that was not rejected.
What is not wanted is counted by reason, what was rejected before is dropped and told.`,
  examples: [
    ['ultraif filter < judged.jsonl > sft.jsonl', 'rows for supervised fine-tuning'],
    [
      'ultraif filter --also dpo=dpo.jsonl --rejects bad.jsonl < judged.jsonl > sft.jsonl',
      'pairs from the same records, and the rejects kept',
    ],
  ],
  sections: {
    filter: filterSection,
    line: lineSection,
    output: outputSection,
    stopping: stoppingSection,
    people: peopleSection,
  },
  takesFiles: true,
  showsRare: true,
  work: async ({ files, settings, edges }) => {
    const { also, ...options } = settings.filter
    const alsoFiles = readAlso(options.as, also)
    return run(
      planOf(settings, {
        name: 'filter',
        files,
        parse: settings.line,
        also: alsoFiles,
        passesOn: false,
        prepare: () => ({
          stage: filter({ ...options, also: alsoFiles.map(({ shape }) => shape) }),
          ours: true,
        }),
      }),
      edges,
    )
  },
})
