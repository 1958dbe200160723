import t from 'tap'
import { Books } from '../../fixtures/vllm/books.js'
import { batchingEngine } from '../../fixtures/vllm/engine/batching.js'
import { manualClock } from '../../fixtures/vllm/engine/clock.js'
import type { Engine, Job } from '../../fixtures/vllm/engine/engine.js'
import { fixedLatencyEngine } from '../../fixtures/vllm/engine/fixed-latency.js'
import { type TimeLaw, timeLaws } from '../../fixtures/vllm/engine/time-law.js'

interface Wanted {
  promptTokens?: number
  outputTokens?: number
  n?: number
  /** Prompts with the same family have the same blocks. */
  family?: number
  done?: () => void
}
let families = 1000
const job = (wanted: Wanted = {}): Job => {
  const { promptTokens = 160, outputTokens = 10, n = 1, done = () => {} } = wanted
  const family = wanted.family ?? families++
  const made: Job = { sequences: [], prompts: 1, open: n, done }
  const blocks = Array.from(
    { length: Math.floor(promptTokens / 16) },
    (_, index) => family * 100_000 + index,
  )
  for (let index = 0; index < n; index++)
    made.sequences.push({
      job: made,
      index,
      promptTokens,
      outputTokens,
      finish: 'stop',
      blocks,
    })
  return made
}
const law: TimeLaw = { ...timeLaws.small, maxNumSeqs: 4 }
const start = (changes: Partial<TimeLaw> = {}) => {
  const books = new Books()
  const clock = manualClock()
  return { books, clock, engine: batchingEngine(books, { ...law, ...changes }, clock) }
}

/** Keeps `count` requests in flight, first ones begun midway, and measures `seconds`. */
const measure = (
  engine: Engine,
  books: Books,
  clock: ReturnType<typeof manualClock>,
) => ({
  steady(count: number, warmSeconds: number, seconds: number): number {
    const next = (outputTokens = 256): void =>
      engine.submit(job({ promptTokens: 512, outputTokens, done: () => next() }))
    for (let index = 1; index <= count; index++)
      next(Math.max(1, Math.floor((256 * index) / count)))
    clock.run(warmSeconds * 1000)
    const before = books.generationTokens
    clock.run((warmSeconds + seconds) * 1000)
    return (books.generationTokens - before) / seconds
  },
})

t.test('the h100-8b law gives the throughput measured on an H100', async t => {
  // In flight, tokens a second: 512 in, 256 out, vLLM 0.26, Llama-3.1-8B shape in bf16.
  const measured: [number, number][] = [
    [128, 7260],
    [256, 8690],
    [512, 9350],
  ]
  for (const [count, expected] of measured) {
    const books = new Books()
    const clock = manualClock()
    const engine = batchingEngine(books, timeLaws['h100-8b'], clock)
    const rate = measure(engine, books, clock).steady(count, 20, 8)
    t.ok(Math.abs(rate / expected - 1) < 0.05, `${count} in flight: ${Math.round(rate)}`)
    t.equal(books.preemptions, 0)
  }
})

t.test('sequences above max_num_seqs wait, first come first served', async t => {
  const { books, clock, engine } = start()
  const order: number[] = []
  for (let index = 0; index < 10; index++)
    engine.submit(job({ done: () => order.push(index) }))
  clock.run(3)
  t.match(engine.gauges(), { running: 4, waiting: 6 })
  clock.run()
  t.same(order, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
  t.match(engine.gauges(), { running: 0, waiting: 0, kvUsage: 0 })
  t.equal(books.peakRunning, 4)
})

t.test('n copies are n sequences, done together', async t => {
  const { books, clock, engine } = start()
  let done = 0
  engine.submit(job({ n: 3, done: () => (done += 1) }))
  clock.run(2)
  t.equal(engine.gauges().running, 3)
  t.equal(done, 0)
  clock.run()
  t.equal(done, 1)
  t.equal(books.sequences, 3)
  t.equal(books.generationTokens, 30)
})

t.test('copies and later prompts share the full blocks of a prefix', async t => {
  const { books, clock, engine } = start()
  engine.submit(job({ n: 2, family: 1, promptTokens: 165 }))
  clock.run()
  t.equal(books.prefixQueries, 330, 'in tokens')
  t.equal(books.prefixHits, 160, 'the second copy had ten blocks from the first')
  engine.submit(job({ family: 1, promptTokens: 165 }))
  clock.run()
  t.equal(books.prefixHits, 320)
  engine.submit(job({ family: 2, promptTokens: 165 }))
  clock.run()
  t.equal(books.prefixHits, 320, 'another prompt shares nothing')
})

t.test('a full cache forgets the prefix used longest ago', async t => {
  const { books, clock, engine } = start({ kvTokens: 16 * 33 }) // 32 usable blocks
  for (const family of [1, 2, 3]) {
    engine.submit(job({ family, promptTokens: 160, outputTokens: 1 }))
    clock.run()
  }
  engine.submit(job({ family: 3, promptTokens: 160, outputTokens: 1 }))
  clock.run()
  t.ok(books.prefixHits > 0, 'the newest is there')
  const before = books.prefixHits
  engine.submit(job({ family: 4, promptTokens: 160, outputTokens: 1 }))
  clock.run()
  engine.submit(job({ family: 1, promptTokens: 160, outputTokens: 1 }))
  clock.run()
  t.ok(books.prefixHits - before < 48, 'of the oldest little is left')
})

t.test(
  'when the KV cache is full the newest is preempted and computed again',
  async t => {
    const { books, clock, engine } = start({ kvTokens: 16 * 41, prefixCache: false })
    const order: number[] = []
    for (let index = 0; index < 4; index++)
      engine.submit(
        job({ promptTokens: 100, outputTokens: 200, done: () => order.push(index) }),
      )
    clock.run(60)
    t.ok(engine.gauges().kvUsage > 0.6, 'grows as tokens come')
    clock.run()
    t.same(order, [0, 1, 2, 3], 'all are answered, the oldest first')
    t.ok(books.preemptions > 0, `${books.preemptions} preemptions`)
    t.equal(books.generationTokens, 800, 'nothing is generated twice')
    t.equal(engine.gauges().kvUsage, 0)
  },
)

t.test('a preemption is counted only when its sequence comes back', async t => {
  const { books, clock, engine } = start({ kvTokens: 16 * 41, prefixCache: false })
  for (let index = 0; index < 4; index++)
    engine.submit(job({ promptTokens: 100, outputTokens: 200 }))
  let seen: number | undefined
  for (let time = 0; seen === undefined && time < 2000; time++) {
    clock.run(time)
    if (engine.gauges().waiting > 0) seen = books.preemptions
  }
  t.equal(seen, 0, 'one waits and the counter has not moved')
})

t.test('a client that leaves frees all its sequences and their KV at once', async t => {
  const { books, clock, engine } = start()
  const gone = job({ n: 6, outputTokens: 1000 })
  let answered = false
  engine.submit(gone)
  engine.submit(job({ done: () => (answered = true) }))
  clock.run(5)
  t.match(engine.gauges(), { running: 4, waiting: 3 })
  engine.abort(gone)
  t.match(engine.gauges(), { running: 0, waiting: 1 })
  clock.run()
  t.ok(answered, 'the next one moves up')
  t.equal(engine.gauges().kvUsage, 0)
  t.equal(books.finishedBy['stop'], 1)
})

t.test('long prompts are computed in chunks beside the running sequences', async t => {
  const { clock, engine } = start({ batchedTokens: 64 })
  const ended: string[] = []
  engine.submit(
    job({ outputTokens: 5, promptTokens: 32, done: () => ended.push('short') }),
  )
  clock.run(1)
  engine.submit(
    job({ outputTokens: 1, promptTokens: 640, done: () => ended.push('long') }),
  )
  clock.run()
  t.same(ended, ['short', 'long'], 'decoding does not wait for a long prefill')
})

t.test(
  'the API process is one queue: a list costs less than its prompts singly',
  async t => {
    const time = (lists: number, prompts: number): number => {
      const { clock, engine } = start({ requestMs: 5, promptMs: 1, maxNumSeqs: 64 })
      let last = 0
      for (let index = 0; index < lists; index++) {
        const made = job({
          n: prompts,
          outputTokens: 1,
          done: () => (last = clock.now()),
        })
        engine.submit({ ...made, prompts })
      }
      clock.run()
      return last
    }
    t.ok(time(16, 1) > time(1, 16) + 60, 'fifteen requests saved')
  },
)

t.test('a listener sees each token as it comes', async t => {
  const { clock, engine } = start()
  const times: number[] = []
  const streamed = job({ outputTokens: 5 })
  streamed.onToken = () => times.push(clock.now())
  engine.submit(streamed)
  clock.run()
  t.equal(times.length, 5)
  t.equal(new Set(times).size, 5, 'at five different times')
})

t.test(
  'with a fixed latency every sequence takes it, in as many slots as there are',
  async t => {
    const books = new Books()
    const clock = manualClock()
    const engine = fixedLatencyEngine(books, { latencyMs: 100, maxNumSeqs: 2 }, clock)
    const ends: number[] = []
    for (let index = 0; index < 5; index++)
      engine.submit(job({ done: () => ends.push(clock.now()) }))
    t.match(engine.gauges(), { running: 2, waiting: 3 })
    clock.run()
    t.same(ends, [100, 100, 200, 200, 300])
    t.equal(books.peakRunning, 2)
  },
)

t.test('an alarm that rings early is set again', async t => {
  let ring: (() => void) | undefined
  let now = 0
  const engine = fixedLatencyEngine(
    new Books(),
    { latencyMs: 100, maxNumSeqs: 2 },
    {
      now: () => now,
      alarm(at, callback) {
        ring = at === undefined ? undefined : callback
      },
    },
  )
  let done = false
  engine.submit(job({ done: () => (done = true) }))
  now = 99.5
  const first = ring
  ring = undefined
  first?.()
  t.notOk(done)
  now = 100
  t.type(ring, 'function', 'there is an alarm')
  ;(ring as (() => void) | undefined)?.()
  t.ok(done)
})
