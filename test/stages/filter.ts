import { readFileSync } from 'node:fs'
import _ from 'highland'
import t from 'tap'
import { collect, collectAll } from '../../fixtures/collect.js'
import { judgedRecord, type JudgedRow } from '../../fixtures/judged-record.js'
import { multiTurn } from '../../fixtures/multi-turn.js'
import { recordWith, response } from '../../fixtures/record-with.js'
import { Failure, reject } from '../../lib/errors.js'
import { accountedIn, Ledger } from '../../lib/ledger.js'
import type { Record } from '../../lib/record.js'
import { filter } from '../../lib/stages/filter.js'

const cherry = response('A cherry.', 'yy')
const plum = response('The plum, I would say', 'nn')
const passing = recordWith([plum, cherry])
const failing = recordWith([plum])
const broken: Record = { ...passing, reject: reject('compose', 'no_reply') }

const run = async (records: Record[], options: Parameters<typeof filter>[0] = {}) => {
  const ledger = new Ledger()
  ledger.in = records.length
  const stage = accountedIn(ledger, () => filter(options))
  const rows = await collect(stage(_(records.values())))
  const { kept, filtered, rejected, open, notes } = ledger
  return {
    rows,
    ledger,
    books: { kept, filtered, rejected, open, rows: ledger.rows, notes },
  }
}

t.test(
  'recorded verdicts: exactly the responses with all answers yes become SFT rows',
  async t => {
    const judged = readFileSync('fixtures/samples/judged.sample.jsonl', 'utf8')
      .trim()
      .split('\n')
      .map(line => JSON.parse(line) as JudgedRow)
    const { rows, books } = await run(judged.map(row => judgedRecord(row)))
    t.same(
      rows.map(({ id }) => id),
      judged.filter(row => row.all_yes).map(({ id }) => id),
    )
    t.equal(books.open, 0)
  },
)

t.test(
  'every record is settled once: kept, filtered with a reason, or rejected',
  async t => {
    const unasked = recordWith([cherry], { questions: [] })
    const { rows, books } = await run([passing, failing, unasked, broken])
    t.match(rows, [{ instruction: passing.query, output: 'A cherry.' }])
    t.same(books, {
      kept: 1,
      filtered: { no_pass: 1, no_questions: 1 },
      rejected: { no_reply: 1 },
      open: 0,
      rows: { sft: 1 },
      notes: {},
    })
  },
)

t.test('rejects leave by the ledger, whole', async t => {
  const ledger = new Ledger()
  const seen: Record[] = []
  ledger.onReject = record => void seen.push(record)
  const stage = accountedIn(ledger, () => filter())
  t.same(await collect(stage(_([broken].values()))), [])
  t.same(seen, [broken])
  t.ok(ledger.settled)
})

t.test('a pair becomes a DPO row, and a record without one is filtered', async t => {
  const { rows, books } = await run([passing, failing, recordWith([cherry])], {
    as: 'dpo',
  })
  t.match(rows, [{ prompt: passing.query, chosen: cherry.text, rejected: plum.text }])
  t.same(books.filtered, { no_pair: 2 })
})

t.test('pairs that were refused are counted', async t => {
  const text = 'Cherries grow on trees. '.repeat(9)
  const near = recordWith([response(text, 'yy'), response(`${text}\n`, 'nn')])
  const { books } = await run([near], { as: 'dpo' })
  t.same(books.filtered, { no_pair: 1 })
  t.same(books.notes, { 'filter.unfair_pairs': 1 })
  t.equal((await run([near], { as: 'dpo', pair: 'last' })).rows.length, 1)
})

t.test(
  'every record that is no reject leaves as a record, and nothing is filtered',
  async t => {
    const { rows, books } = await run(
      [passing, failing, recordWith([], { questions: [] }), broken],
      { as: 'record', minPasses: 3 },
    )
    t.equal(rows.length, 3)
    t.match(rows[0], { responses: [{ pass: false }, { pass: true }] })
    t.same(books.filtered, {})
    t.equal(books.kept, 3)
  },
)

t.test(
  'a record with too few passes is filtered, and its constraints still train a composer',
  async t => {
    const decomposed: Record = {
      ...passing,
      constraints: [
        {
          kind: 'format',
          text: 'one word',
          without: 'Name a red fruit.',
          question: 'Q?',
        },
      ],
    }
    t.same((await run([multiTurn, decomposed], { minPasses: 1 })).books.filtered, {
      few_passes: 1,
    })
    t.equal((await run([decomposed], { as: 'composer', minPasses: 1 })).rows.length, 1)
    t.same((await run([passing], { as: 'composer' })).books.filtered, {
      no_constraints: 1,
    })
  },
)

t.test('a system prompt that a shape has no place for is counted', async t => {
  const left = { 'filter.system_left_out': 1 }
  t.same((await run([multiTurn], { as: 'sft' })).books.notes, left)
  t.same((await run([multiTurn], { as: 'dpo' })).books.notes, left)
  t.same((await run([multiTurn], { as: 'messages' })).books.notes, {})
  t.same((await run([multiTurn], { as: 'preference' })).books.notes, {})
})

t.test(
  'further shapes go their own way, and a record that gives any row is kept',
  async t => {
    const taken: [string, object][] = []
    const onlyPasses = recordWith([cherry])
    const { rows, books } = await run([passing, onlyPasses, failing], {
      as: 'dpo',
      also: ['sft', 'sft'],
      onAlso: (shape, row) => void taken.push([shape, row]),
    })
    t.equal(rows.length, 1)
    t.same(
      taken.map(([shape]) => shape),
      ['sft', 'sft'],
    )
    t.same(books, {
      kept: 2,
      filtered: { no_pair: 1 },
      rejected: {},
      open: 0,
      rows: { dpo: 1, sft: 2 },
      notes: {},
    })
  },
)

t.test('in a run, further shapes go where the run says', async t => {
  const ledger = new Ledger()
  const taken: string[] = []
  const stage = accountedIn(ledger, () => filter({ also: ['dpo'] }))
  ledger.onAlso = shape => void taken.push(shape)
  await collect(stage(_([passing].values())))
  t.same(taken, ['dpo'])
})

t.test('further shapes with nowhere to go end the stream and say what to do', async t => {
  const { values, errors } = await collectAll(
    filter({ also: ['dpo'] })(_([passing].values())),
  )
  t.same(values, [])
  t.equal(errors.length, 1)
  t.ok(errors[0] instanceof Failure)
  t.match(errors[0], { code: 'usage', message: /onAlso/ })
})

t.test(
  'the next record waits until a reject and the further rows are written',
  async t => {
    const ledger = new Ledger()
    const happened: string[] = []
    const slow = async (what: string) => {
      happened.push(`${what} begins`)
      await new Promise(resolve => setImmediate(resolve))
      happened.push(`${what} ends`)
    }
    ledger.onReject = () => slow('reject')
    ledger.onAlso = () => slow('also')
    const stage = accountedIn(ledger, () => filter({ also: ['dpo'] }))
    const source = _([broken, passing, failing].values()).tap(({ id }) => {
      happened.push(id)
    })
    await collect(
      stage(source.map((record: Record) => record)).tap(() => {
        happened.push('row')
      }),
    )
    t.same(happened, [
      broken.id,
      'reject begins',
      'reject ends',
      passing.id,
      'also begins',
      'also ends',
      'row',
      failing.id,
    ])
  },
)

t.test('a write that fails ends the stream with its error', async t => {
  const ledger = new Ledger()
  ledger.onReject = () => Promise.reject(new Failure('write_failed', 'disk full'))
  const stage = accountedIn(ledger, () => filter())
  const { values, errors } = await collectAll(stage(_([broken, passing].values())))
  t.same(values, [])
  t.match(errors, [{ code: 'write_failed' }])
})

t.test('errors of earlier stages pass through', async t => {
  const source = _<Record>(push => {
    push(new Error('upstream'))
    push(null, passing)
    push(null, _.nil)
  })
  const { values, errors } = await collectAll(filter()(source))
  t.equal(values.length, 1)
  t.match(errors, [{ message: 'upstream' }])
})

t.test(
  'a record that a custom step has bent out of shape is rejected, not its neighbours',
  async t => {
    const bent = { ...passing, responses: 'none' } as unknown as Record
    const { rows, books } = await run([bent, passing])
    t.equal(rows.length, 1)
    t.same(books.rejected, { stage_error: 1 })
  },
)

t.test('an option that does not exist is refused where it is made', async t => {
  t.throws(() => filter({ pik: 'first' } as object), { name: 'ZodError' })
  t.throws(() => filter({ as: 'parquet' } as object), { name: 'ZodError' })
})
