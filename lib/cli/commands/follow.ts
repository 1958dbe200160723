/** `ultraif follow`: the lines of a growing file, as they come. */
import { Failure } from '../../errors.js'
import { run } from '../../run/run.js'
import { followLines } from '../../stages/follow-lines.js'
import { peopleSection } from '../common-sections.js'
import { page } from '../page.js'
import { planOf } from '../plan-of.js'
import { followingSection, lineSection } from '../stage-sections.js'

export const followPage = page({
  description: `Writes the lines of one growing file to stdout, as tail -F -n +1 does, but only whole
ones: rows that a run is writing, records as they are made. The file may come later, be
rotated or be cut short; the end of a file ends its last line. Ctrl-C ends it. Gzip is
not followed.

It begins at the start of the file, so that it does not matter which was started first,
the writer or the reader.`,
  examples: [
    [
      'ultraif follow --raw records.jsonl | ultraif generate --samples 1 > answered.jsonl',
      'goes on with records while they are still being written',
    ],
    ["ultraif follow --raw --new sft.jsonl | jq -r '.output'", 'watch answers come in'],
  ],
  sections: { following: followingSection, line: lineSection, people: peopleSection },
  takesFiles: true,
  argument: ['<file>', 'a file that grows; it may be still to come'],
  showsRare: true,
  work: async ({ files, settings, edges }) => {
    const [file = '-'] = files
    if (file === '-')
      throw new Failure('usage', 'expected a file to follow; stdin needs no following')
    const { onlyNew } = settings.following
    const { maxLine } = settings.line
    return run(
      planOf(
        { ...settings, output: { force: false, strict: false }, stopping: {} },
        {
          name: 'follow',
          files,
          open: opening => followLines(file, { maxLine, onlyNew }, opening),
          prepare: () => ({ stage: source => source, ours: true }),
        },
      ),
      edges,
    )
  },
})
