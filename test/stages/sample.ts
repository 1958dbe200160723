import _ from 'highland'
import t from 'tap'
import { collect } from '../../fixtures/collect.js'
import { connected, record } from '../../fixtures/connected.js'
import * as library from '../../lib/index.js'
import { accountedIn, Ledger } from '../../lib/ledger.js'
import type { Model } from '../../lib/model/model.js'
import type { Record } from '../../lib/record.js'
import { sample } from '../../lib/stages/sample.js'

const records = (count: number): Record[] =>
  Array.from({ length: count }, (_, i) =>
    record(`Name ${i} red things.`, {
      id: `0123456789abcdef-${i + 1}`,
      questions: [{ text: 'Are they red?', from: 'pass' }],
    }),
  )

t.test('from the library: records come out answered and judged', async t => {
  const { model } = await connected(t, { server: { passRate: 1 } })
  const stage = library.sample(model, { until: 'pass', generate: { samples: 3 } })
  const out = await collect(_(records(20)).through(stage))
  t.equal(out.length, 20)
  t.ok(out.every(({ responses }) => responses?.length === 1 && responses[0]?.pass))
})

t.test('in the order of the input where that is asked for', async t => {
  const { model } = await connected(t, { server: { passRate: 0.5 } })
  const out = await collect(
    _(records(50)).through(sample(model, { until: 'pass', order: 'input', window: 8 })),
  )
  t.same(
    out.map(({ id }) => id),
    records(50).map(({ id }) => id),
  )
})

t.test('a rejected record flows past, and costs no call', async t => {
  const { model, asked } = await connected(t)
  const marked = record('x', {
    reject: { stage: 'parse', code: 'bad_json', message: 'm' },
  })
  t.same(await collect(_([marked]).through(sample(model))), [marked])
  t.equal(asked().length, 0)
})

/** A model that never answers, and says how much it could take. */
const silent = (limit: number) => {
  const heard = { calls: 0, ended: 0 }
  const model = {
    name: 'silent',
    call: () => {
      heard.calls++
      return new Promise(() => {})
    },
    stats: () => ({ limit }),
    inputEnded: () => heard.ended++,
  } as unknown as Model
  return { heard, model }
}
const settled = async () => {
  for (let turn = 0; turn < 50; turn++) await new Promise(setImmediate)
}

t.test('in waves more records are open than the server takes calls', async t => {
  const { heard, model } = silent(64)
  const stream = _(records(1000)).through(sample(model, { until: 'pass' }))
  stream.pull(() => {})
  await settled()
  t.equal(heard.calls, 2 * 64)
  stream.destroy()
})

t.test('a window of your own is kept to', async t => {
  const { heard, model } = silent(64)
  const stream = _(records(100)).through(sample(model, { until: 'pass', window: 7 }))
  stream.pull(() => {})
  await settled()
  t.equal(heard.calls, 7)
  stream.destroy()
})

t.test('both models hear that no more records will come', async t => {
  const [writer, judge] = [silent(8), silent(8)]
  const models = { generate: writer.model, judge: judge.model }
  const stream = _(records(2)).through(sample(models))
  stream.pull(() => {})
  await settled()
  t.same([writer.heard.ended, judge.heard.ended], [1, 1])
  stream.destroy()
})

t.test('a run can tell until when its recipe samples', async t => {
  const { model } = silent(1)
  const ledger = new Ledger()
  accountedIn(ledger, () => sample(model, { until: 'pair' }))
  t.equal(ledger.until, 'pair')
})
