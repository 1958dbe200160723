/**
 * Every stage under what happens at the edges: a slow sink, a sink that goes away, an error in
 * the middle, an abort. The same promises for all of them: nothing lost, nothing hangs, the
 * source is let go of.
 */
import { Readable, Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import t, { type Test } from 'tap'
import { connected } from '../fixtures/connected.js'
import { toDuplex } from '../lib/flow/to-duplex.js'
import { accountedIn, Ledger } from '../lib/ledger.js'
import type { Model } from '../lib/model/model.js'
import type { Record } from '../lib/record.js'
import type { Stage } from '../lib/stage.js'
import { compose } from '../lib/stages/compose.js'
import { decompose } from '../lib/stages/decompose.js'
import { evaluate } from '../lib/stages/evaluate.js'
import { filter } from '../lib/stages/filter.js'
import { generate } from '../lib/stages/generate.js'
import { parse } from '../lib/stages/parse.js'
import { sample } from '../lib/stages/sample.js'

const window = 4
const stages: { [name: string]: (model: Model) => Stage<any, any> } = {
  parse: () => parse(),
  decompose: model => decompose(model, { window }),
  'decompose in order': model => decompose(model, { window, order: 'input' }),
  compose: model => compose(model, { window, passes: 1 }),
  generate: model => generate(model, { window, samples: 2 }),
  evaluate: model => evaluate(model, { window }),
  sample: model => sample(model, { window, until: 'pass' }),
  filter: () => filter({ as: 'record' }),
}

/** A record with all that any stage asks for. */
const record = (i: number): Record => ({
  id: `0123456789abcdef-${i + 1}`,
  query: `Name ${i} red fruits.`,
  seed: { query: `Name ${i} red fruits.` },
  questions: [{ text: 'Are they red?', from: 'seed' }],
  responses: [{ text: 'Cherries.', finish: 'stop' }],
})

const source = (length: number, read: { n: number }) =>
  Readable.from(
    (function* () {
      for (let i = 0; i < length; i++) {
        read.n++
        yield record(i)
      }
    })(),
  )

const begin = async (
  t: Test,
  build: (model: Model) => Stage<any, any>,
  length: number,
) => {
  const { model, server } = await connected(t)
  const ledger = new Ledger()
  const read = { n: 0 }
  const body = accountedIn(ledger, () => toDuplex(build(model)))
  return { input: source(length, read), body, read, server, ledger }
}

for (const [name, build] of Object.entries(stages)) {
  t.test(name, async t => {
    t.test('a slow sink gets every record once', async t => {
      const { input, body } = await begin(t, build, 40)
      const ids: string[] = []
      const slow = new Writable({
        objectMode: true,
        highWaterMark: 1,
        write(item: Record, _encoding, done) {
          ids.push(item.id)
          setImmediate(done)
        },
      })
      await pipeline(input, body, slow)
      t.equal(ids.length, 40)
      t.equal(new Set(ids).size, 40)
    })

    t.test('a sink that takes nothing stops the reading', async t => {
      const { input, body, read, server } = await begin(t, build, 10_000)
      let stuck = () => {}
      const blocked = new Promise<void>(resolve => (stuck = resolve))
      const never = new Writable({
        objectMode: true,
        highWaterMark: 1,
        write: () => stuck(),
      })
      const stop = new AbortController()
      const done = pipeline(input, body, never, { signal: stop.signal })
      await blocked
      let before = -1
      while (before !== read.n + server.requests.length) {
        before = read.n + server.requests.length
        for (let turn = 0; turn < 200; turn++) await new Promise(setImmediate)
      }
      t.ok(read.n < 200, `${read.n} records read`)
      stop.abort()
      await t.rejects(done, { name: 'AbortError' })
      t.ok(input.destroyed)
    })

    t.test('a sink that goes away ends it quietly, with calls still open', async t => {
      const { input, body } = await begin(t, build, 10_000)
      let taken = 0
      const leaving = new Writable({
        objectMode: true,
        highWaterMark: 1,
        write: (_item, _encoding, done) =>
          done(
            ++taken < 3
              ? null
              : Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }),
          ),
      })
      await t.rejects(pipeline(input, body, leaving), { code: 'EPIPE' })
      t.ok(input.destroyed)
    })

    t.test('a source that breaks off reaches whoever waits', async t => {
      const { body } = await begin(t, build, 0)
      const broken = Readable.from(
        (function* () {
          yield record(0)
          throw new Error('the disk is gone')
        })(),
      )
      const sink = new Writable({
        objectMode: true,
        write: (_item, _encoding, done) => done(),
      })
      await t.rejects(pipeline(broken, body, sink), { message: 'the disk is gone' })
    })

    t.test('an empty source ends at once', async t => {
      const { body, ledger } = await begin(t, build, 0)
      const sink = new Writable({
        objectMode: true,
        write: () => t.fail('nothing comes'),
      })
      await pipeline(Readable.from([]), body, sink)
      t.equal(ledger.open, 0)
    })
  })
}
