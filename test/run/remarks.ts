import t from 'tap'
import { Failure } from '../../lib/errors.js'
import { remarksOf } from '../../lib/run/remarks.js'
import type { Summary } from '../../lib/run/summary.js'

const summary = (more: Partial<Summary>): Summary => ({
  in: 13,
  rejected: {},
  blank: 0,
  seconds: 1,
  ...more,
})
const remarks = (more: Partial<Summary>, rest: { target?: number; rejects?: string[] }) =>
  remarksOf({ summary: summary(more), error: undefined, rejects: [], ...rest })

t.test('a run that keeps nothing says what became of most, and what to do', async t => {
  t.match(
    remarks({ kept: 0, rejected: { bad_json: 1, unauthorized: 8 }, filtered: {} }, {}),
    [
      /^nothing was kept: 8 of 13 records were rejected as unauthorized \(the server refused the key\)\. Set ULTRAIF_API_KEY/,
    ],
  )
  t.match(
    remarks({ kept: 0, filtered: { no_pass: 12 }, rejected: { bad_json: 1 } }, {}),
    [/12 of 13 records were filtered as no_pass .* More --samples/],
  )
})

t.test('a code of a stage that is not ours is told as it is, made printable', async t => {
  t.strictSame(remarks({ kept: 0, rejected: { '\u001b[31mconstructor': 13 } }, {}), [
    'nothing was kept: 13 of 13 records were rejected as constructor',
  ])
})

t.test(
  'a stage that passes nothing on says so where the rejects are its own',
  async t => {
    const all = { out: 0, rejected: { deadline: 13 } }
    t.match(remarks(all, { rejects: ['rejected deadline at a.jsonl:1'] }), [
      /^nothing was passed on: 13 of 13 records were rejected as deadline/,
    ])
    t.strictSame(remarks(all, {}), [], 'they came in marked: an earlier filter has told')
  },
)

t.test('an input too short for the target is told', async t => {
  t.strictSame(
    remarks({ in: 4000, kept: 3700, filtered: { no_pass: 300 } }, { target: 5000 }),
    ['the input ended with 3,700 records kept, and --target asked for 5,000'],
  )
  t.strictSame(
    remarks({ kept: 5, filtered: { target_reached: 8 } }, { target: 5 }),
    [],
    'and one that was long enough is not',
  )
})

t.test(
  'nothing is remarked on an empty input, a kept record, a run cut short',
  async t => {
    t.strictSame(remarks({ in: 0, kept: 0, filtered: {} }, {}), [])
    t.strictSame(remarks({ kept: 1, filtered: { no_pass: 12 } }, {}), [])
    t.strictSame(remarks({ kept: 0, filtered: {}, open: 13, stopped: true }, {}), [])
    const error = new Failure('servers_lost', 'gone')
    t.strictSame(
      remarksOf({ summary: summary({ kept: 0, filtered: {} }), error, rejects: [] }),
      [],
    )
  },
)

t.test(
  'plain text among JSON lines is told with its first place, in any case',
  async t => {
    const notes = { 'parse.stray_text': 3 }
    const stray = { notes, strayText: 'a\u001b[2J.jsonl:7' }
    const told =
      /^3 lines of plain text .* were taken for prompts, the first at a\.jsonl:7\. .* --format query/
    t.match(remarks({ kept: 1, ...stray }, {}), [told])
    t.match(remarks({ kept: 0, open: 9, stopped: true, ...stray }, {}), [told])
    t.match(remarks({ kept: 1, notes: { 'parse.stray_text': 1 } }, {}), [
      /^a line of plain text .* was taken for a prompt\. /,
    ])
  },
)
