import _ from 'highland'
import t from 'tap'
import { perRecord, type PerRecordOptions } from '../../lib/flow/per-record.js'
import { accountedIn, Ledger } from '../../lib/ledger.js'
import type { Record } from '../../lib/record.js'

const record = (n: number, more: Partial<Record> = {}): Record => ({
  id: `0123456789abcdef-${n}`,
  query: `query ${n}`,
  seed: { query: `query ${n}` },
  ...more,
})

const through = async (
  records: Record[],
  step: Parameters<typeof perRecord>[0],
  options?: PerRecordOptions,
) => {
  const ledger = new Ledger()
  const stage = accountedIn(ledger, () => perRecord(step, options))
  const out = await new Promise<Record[]>(resolve =>
    _(records).through(stage).toArray(resolve),
  )
  return { ledger, out }
}

t.test('a rejected record flows past, untouched', async t => {
  const marked = record(1, { reject: { stage: 'parse', code: 'bad_json', message: 'm' } })
  const { out } = await through([marked], async () => void t.fail('was called'))
  t.equal(out[0], marked)
})

t.test('a throw rejects its own record and no other', async t => {
  const { out } = await through(
    [record(1), record(2), record(3)],
    async given => {
      if (given.query === 'query 2') throw new Error('boom')
      return given
    },
    { order: 'input', name: 'mine' },
  )
  t.match(out[1]?.reject, { stage: 'mine', code: 'stage_error', message: 'boom' })
  t.equal(out[0]?.reject, undefined)
  t.equal(out[2]?.reject, undefined)
})

t.test('a step that throws before its first await is no different', async t => {
  const { out } = await through([record(1)], () => {
    throw new Error('at once')
  })
  t.match(out[0]?.reject, { code: 'stage_error', message: 'at once' })
})

t.test('one record may become several, and the books know', async t => {
  const { out, ledger } = await through([record(1)], async given => [
    { ...given, id: `${given.id}.c1` },
    { ...given, id: `${given.id}.c2` },
  ])
  t.same(
    out.map(({ id }) => id),
    ['0123456789abcdef-1.c1', '0123456789abcdef-1.c2'],
  )
  t.equal(ledger.split, 1)
})

t.test('a record that is let go is counted', async t => {
  const { out, ledger } = await through([record(1), record(2)], async given =>
    given.query === 'query 1' ? undefined : given,
  )
  t.equal(out.length, 1)
  t.same(ledger.filtered, { dropped_by_pipeline: 1 })
})

t.test('its window can be looked into, in the ledger that it is built in', async t => {
  const ledger = new Ledger()
  const ends: (() => void)[] = []
  const stage = accountedIn(ledger, () =>
    perRecord(given => new Promise<Record>(resolve => ends.push(() => resolve(given))), {
      window: 4,
      name: 'mine',
    }),
  )
  let go = () => {}
  _([record(1), record(2), record(3)])
    .through(stage)
    .consume<never>((_error, _record, _push, next) => (go = next))
    .resume()
  await new Promise(setImmediate)
  const look = () => ledger.windows.map(window => window())
  t.same(look(), [{ stage: 'mine', open: 3, ready: 0 }])
  ends[0]?.()
  ends[1]?.()
  await new Promise(setImmediate)
  t.same(look(), [{ stage: 'mine', open: 1, ready: 1 }], 'one is taken, one is not')
  t.type(go, 'function')
})
