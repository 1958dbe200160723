import { PassThrough, Readable, Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import _ from 'highland'
import t from 'tap'
import { inFlight } from '../../lib/flow/in-flight.js'
import { toDuplex } from '../../lib/flow/to-duplex.js'
import type { Stage } from '../../lib/stage.js'

const sink = (seen: unknown[], highWaterMark = 16) =>
  new Writable({
    objectMode: true,
    highWaterMark,
    write(item, _encoding, done) {
      seen.push(item)
      setImmediate(done)
    },
  })

const counted = (length: number, pulled: { n: number }) =>
  Readable.from(
    (function* () {
      for (let i = 0; i < length; i++) {
        pulled.n++
        yield i
      }
    })(),
  )

t.test('passes everything through, in order for a plain map', async t => {
  const seen: unknown[] = []
  const doubled: Stage<number, number> = source => source.map(n => n * 2)
  await pipeline(Readable.from([1, 2, 3]), toDuplex(doubled), sink(seen))
  t.same(seen, [2, 4, 6])
})

t.test('an empty input ends at once', async t => {
  const seen: unknown[] = []
  await pipeline(
    Readable.from([]),
    toDuplex(source => source),
    sink(seen),
  )
  t.same(seen, [])
})

t.test(
  'a sink that never takes anything stops the source within the buffers',
  async t => {
    const pulled = { n: 0 }
    let stuck = () => {}
    const blocked = new Promise<void>(resolve => (stuck = resolve))
    const never = new Writable({
      objectMode: true,
      highWaterMark: 1,
      write: () => stuck(),
    })
    const stop = new AbortController()
    const done = pipeline(
      counted(100_000, pulled),
      toDuplex(source => source),
      never,
      { signal: stop.signal },
    )
    await blocked
    for (let turn = 0; turn < 100; turn++) await new Promise(setImmediate)
    t.ok(pulled.n < 100, `${pulled.n} items read ahead`)
    stop.abort()
    await t.rejects(done, { name: 'AbortError' })
  },
)

t.test(
  'an error inside the stage destroys the source and reaches the caller',
  async t => {
    const pulled = { n: 0 }
    const source = counted(1000, pulled)
    const failing: Stage<number, number> = stream =>
      stream.map(n => {
        if (n === 5) throw new Error('at five')
        return n
      })
    await t.rejects(pipeline(source, toDuplex(failing), sink([])), { message: 'at five' })
    t.ok(source.destroyed)
  },
)

t.test(
  'a sink that dies with work open ends quietly, and late results are dropped',
  async t => {
    let release = () => {}
    const gate = new Promise<void>(resolve => (release = resolve))
    let begun = 0
    const slow: Stage<number, number> = inFlight(8, async n => {
      begun++
      if (n > 0) await gate
      return n
    })
    const dying = new Writable({
      objectMode: true,
      write: (_item, _encoding, done) =>
        done(Object.assign(new Error('gone'), { code: 'EPIPE' })),
    })
    const source = counted(1000, { n: 0 })
    await t.rejects(pipeline(source, toDuplex(slow), dying), { code: 'EPIPE' })
    t.ok(source.destroyed)
    release()
    await new Promise(setImmediate)
    t.ok(begun < 40, 'nothing new was begun')
  },
)

t.test('abort cuts the stream and closes the source', async t => {
  const stop = new AbortController()
  const source = new PassThrough({ objectMode: true })
  const done = pipeline(
    source,
    toDuplex(stream => stream),
    sink([]),
    { signal: stop.signal },
  )
  source.write('first')
  stop.abort()
  await t.rejects(done, { name: 'AbortError' })
  t.ok(source.destroyed)
})

t.test('a stage that ends before its input lets the source run out', async t => {
  const seen: unknown[] = []
  await pipeline(
    counted(500, { n: 0 }),
    toDuplex<number, number>(source => source.take(3)),
    sink(seen),
  )
  t.same(seen, [0, 1, 2])
})

t.test('a stage that makes many of one loses none under a slow sink', async t => {
  const seen: unknown[] = []
  const many: Stage<number, number> = source =>
    source.consume((error, n, push, next) => {
      if (error) push(error)
      else if (_.isNil(n)) return push(null, n as never)
      else for (let i = 0; i < 10; i++) push(null, (n as number) * 10 + i)
      next()
    })
  await pipeline(counted(50, { n: 0 }), toDuplex(many), sink(seen, 1))
  t.equal(seen.length, 500)
  t.equal(new Set(seen).size, 500)
})
