/** `ultraif parse`: corpus in, records out. */
import { run } from '../../run/run.js'
import { outputSection, peopleSection } from '../common-sections.js'
import { page } from '../page.js'
import { planOf } from '../plan-of.js'
import { inputSection } from '../stage-sections.js'

export const parsePage = page({
  description: `Reads a corpus and writes one record a line: the prompt as "query", the turns before
it as "history", and where it came from. Each line tells by itself what it is:
{"query"}, {"prompt"}, {"question"}, {"instruction","input"}, OpenAI "messages",
ShareGPT "conversations", OpenAI batch lines, plain text, our own records. Gzip is
recognised. A line that cannot be read becomes a record with "reject" and never
stops the rest.`,
  examples: [
    ['ultraif parse prompts.jsonl chats.jsonl.gz > records.jsonl', 'two files at once'],
    [
      'ultraif parse --turns each --rejects bad.jsonl chats.jsonl > records.jsonl',
      'a record for each user turn of a conversation, bad lines apart',
    ],
  ],
  sections: { input: inputSection, output: outputSection, people: peopleSection },
  takesFiles: true,
  showsRare: true,
  work: ({ files, settings, edges }) =>
    run(
      planOf(settings, {
        name: 'parse',
        files,
        parse: settings.input,
        prepare: () => ({ stage: source => source, ours: true }),
      }),
      edges,
    ),
})
