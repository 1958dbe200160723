import _ from 'highland'
import t from 'tap'
import { Failure, reject } from '../../lib/errors.js'
import { Ledger } from '../../lib/ledger.js'
import type { Record } from '../../lib/record.js'
import { closeBooks } from '../../lib/run/books.js'

const record = (id: string, more: Partial<Record> = {}): Record => ({
  id,
  query: 'q',
  seed: { query: 'q' },
  ...more,
})
const bad = (id: string) => record(id, { reject: reject('parse', 'bad_json') })

const through = (
  source: Highland.Stream<any>,
  ledger: Ledger,
  rejectsLeave = false,
): Promise<unknown[]> =>
  new Promise((resolve, fail) =>
    source
      .through(closeBooks({ ledger, rejectsLeave }))
      .stopOnError(fail)
      .toArray(resolve),
  )

t.test('what leaves a stage is counted once, rejects by their code', async t => {
  const ledger = new Ledger()
  const out = await through(_([record('a'), bad('b'), record('c')]), ledger)
  t.equal(out.length, 3, 'a reject flows on, marked')
  t.equal(ledger.kept, 2)
  t.same(ledger.rejected, { bad_json: 1 })
})

t.test(
  'a reject leaves the stream where a file takes it, and the stream waits',
  async t => {
    const ledger = new Ledger()
    const written: string[] = []
    ledger.onReject = async ({ id }) => {
      await new Promise(setImmediate)
      written.push(id)
    }
    const out = await through(_([bad('a'), bad('b'), record('c')]), ledger, true)
    t.same(
      out.map(item => (item as Record).id),
      ['c'],
    )
    t.same(written, ['a', 'b'])
  },
)

t.test('after a filter nothing is counted twice', async t => {
  const ledger = new Ledger()
  ledger.settled = true
  await through(_([{ id: 'a', instruction: 'x' }]), ledger)
  t.equal(ledger.kept, 0)
})

t.test('a row that fails behind a filter is a record that its stage made', async t => {
  const ledger = new Ledger()
  ledger.settled = true
  ledger.rowShape = 'sft'
  ledger.entered()
  ledger.keep({ sft: 1 })
  await through(_([bad('a')]), ledger)
  t.same([ledger.kept, ledger.open, ledger.split], [1, 0, 1])
  t.same(ledger.rejected, { bad_json: 1 })
  t.same(ledger.rows, { sft: 0 })
})

t.test('records with the same id are counted one by one', async t => {
  const ledger = new Ledger()
  await through(_([{ id: 'a' }, { id: 'b' }, { id: 'a' }, { text: 'no id' }]), ledger)
  t.equal(ledger.kept, 4)
})

t.test('what JSON cannot hold costs its own record, not the run', async t => {
  const ledger = new Ledger()
  const items = [{ id: 'a', n: 1n }, { id: 'b' }, { id: 'c', score: Infinity }, 7]
  const out = await through(_(items), ledger, true)
  t.same(out, [{ id: 'b' }])
  t.same(ledger.rejected, { stage_error: 3 })
})

t.test(
  'a code named like a method of every object is counted like any other',
  async t => {
    const ledger = new Ledger()
    const odd = (code: string) =>
      record('a', { reject: { stage: 's', code, message: 'm' } })
    await through(_([odd('constructor'), odd('__proto__'), odd('constructor')]), ledger)
    t.equal(JSON.stringify({ ...ledger.rejected }), '{"constructor":2,"__proto__":1}')
  },
)

t.test('an error of a custom stage costs one record, not the run', async t => {
  const ledger = new Ledger()
  const source = _([1, 2, 3]).map(n => {
    if (n === 2) throw new Error('two is odd')
    return { id: String(n) }
  })
  const seen: Record[] = []
  ledger.onReject = one => void seen.push(one)
  t.equal((await through(source, ledger)).length, 2)
  t.same(ledger.rejected, { stage_error: 1 })
  t.match(seen, [{ reject: { stage: 'pipeline', message: 'two is odd' } }])
})

t.test('a failure of the run is passed on', async t => {
  const source = _<unknown>(push => {
    push(new Failure('pipeline_unusable', 'no JSON'))
    push(null, _.nil)
  })
  await t.rejects(through(source, new Ledger()), { code: 'pipeline_unusable' })
})

t.test('the end is told, also when a custom stage ends before its input', async t => {
  let ends = 0
  const source = _([{ id: 'a' }, { id: 'b' }, { id: 'c' }]).take(1)
  await new Promise<void>(resolve =>
    source
      .through(
        closeBooks({ ledger: new Ledger(), rejectsLeave: false, onEnd: () => ends++ }),
      )
      .done(resolve),
  )
  t.equal(ends, 1)
})
