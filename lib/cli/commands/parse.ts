/** `ultraif parse`: corpus in, records out. */
import type { Plan } from '../../run/plan.js'
import { run } from '../../run/run.js'
import { openFollowed } from '../../stages/follow-records.js'
import type { ParseOptions } from '../../stages/options.js'
import { outputSection, peopleSection, stoppingSection } from '../common-sections.js'
import { page } from '../page.js'
import { planOf } from '../plan-of.js'
import { followSection, inputSection } from '../stage-sections.js'

export const parsePage = page({
  description: `Reads a corpus and writes one record a line: the prompt as "query", the turns before
it as "history", and where it came from. Each line tells by itself what it is:
{"query"}, {"prompt"}, {"question"}, {"instruction","input"}, OpenAI "messages",
ShareGPT "conversations", OpenAI batch lines, plain text, our own records. Gzip is
recognised. A line that cannot be read becomes a record with "reject" and never
stops the rest.

With --follow a file is read on as it grows, as by tail -F: it may come later, be
rotated or be cut short. Each line leaves at once, whole, and ids stay unique over all
files that have had the name. Ctrl-C ends it.`,
  examples: [
    ['ultraif parse prompts.jsonl chats.jsonl.gz > records.jsonl', 'two files at once'],
    [
      'ultraif parse --turns each --rejects bad.jsonl chats.jsonl > records.jsonl',
      'a record for each user turn of a conversation, bad lines apart',
    ],
    [
      'ultraif parse --follow prompts.log | ultraif generate --samples 1 > answered.jsonl',
      'prompts answered as they are logged',
    ],
  ],
  sections: {
    input: inputSection,
    follow: followSection,
    output: outputSection,
    stopping: stoppingSection,
    people: peopleSection,
  },
  takesFiles: true,
  showsRare: true,
  work: ({ files, settings, edges }) =>
    run(
      planOf(settings, {
        name: 'parse',
        parse: settings.input,
        ...inputOf(files, settings.follow.follow, settings.input),
        prepare: () => ({ stage: source => source, ours: true }),
      }),
      edges,
    ),
})

const inputOf = (
  files: string[],
  followed: string | undefined,
  parse: ParseOptions,
): Pick<Plan, 'files' | 'open'> =>
  followed === undefined
    ? { files }
    : {
        files: [...files, followed],
        open: opening => openFollowed(files, followed, parse, opening),
      }
