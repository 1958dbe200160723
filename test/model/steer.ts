import t from 'tap'
import {
  type Fate,
  longTailed,
  mean,
  type Moment,
  Steered,
  type Gateway,
} from '../../fixtures/steered.js'
import { Steer } from '../../lib/model/steer.js'

/** One answer takes 15 s on the H100 at its best. */
const answerTime = 15

const kv = (past: Moment[]): number => mean(past.map(({ kvUsage }) => kvUsage))
const limits = (past: Moment[]): number[] => past.map(({ limit }) => limit)

t.test(
  'on an H100 the cache is filled and not overfilled, in three answer times',
  async t => {
    const h100 = new Steered()
    h100.run(3 * answerTime)
    const settled = h100.run(60)
    t.ok(kv(settled) > 0.8 && kv(settled) < 0.9, `KV ${kv(settled)}`)
    t.equal(new Set(limits(settled)).size, 1, 'the limit has come to rest')
    t.equal(settled.at(-1)?.preemptions, 0)
  },
)

t.test('a burst of prompts being read is not taken for overload', async t => {
  const h100 = new Steered()
  const start = h100.steer.limit
  const cold = h100.run(answerTime)
  t.ok(
    cold.some(({ waiting }) => waiting > 100),
    'there is a queue',
  )
  t.ok(limits(cold).every(limit => limit >= start))
})

t.test(
  '64 slots are found behind a guess of hundreds, with a reserve for each',
  async t => {
    const slots = new Steered({ law: { maxNumSeqs: 64 } })
    t.ok(slots.steer.limit > 350)
    slots.run(10)
    t.equal(slots.steer.limit, 80)
    t.match(slots.steer.reason, /64 sequences run at once/)
    slots.run(20)
    const settled = slots.run(40)
    t.same(new Set(limits(settled)), new Set([80]))
    t.ok(settled.every(({ running, waiting }) => running === 64 && waiting > 0))
  },
)

t.test('1,024 slots are reached from a guess that was too low', async t => {
  const slots = new Steered({ answer: longTailed(50, 300), prompt: () => 200 })
  slots.run(60)
  t.ok(slots.run(20).every(({ running }) => running === 1024))
  t.ok(slots.steer.limit < 1200, `${slots.steer.limit}`)
})

t.test('a server that does not tell its cache is found out by growing', async t => {
  const h100 = new Steered({ silent: true })
  t.equal(h100.steer.limit, 64)
  h100.run(90)
  const settled = h100.run(60)
  t.ok(kv(settled) > 0.8 && kv(settled) < 0.9, `KV ${kv(settled)}`)
  t.equal(settled.at(-1)?.preemptions, 0)
})

t.test('a cache for twenty sequences stays full with few thrown out', async t => {
  const tiny = new Steered({ law: { kvTokens: 16_384 } })
  tiny.run(60)
  const before = tiny.past.at(-1)?.preemptions ?? 0
  const settled = tiny.run(120)
  t.ok(kv(settled) > 0.75 && kv(settled) < 0.92, `KV ${kv(settled)}`)
  t.ok((settled.at(-1)?.preemptions ?? 0) - before < 30)
})

t.test(
  'answers far longer than guessed: the cache overflows once, and not for long',
  async t => {
    const long = new Steered({ prompt: () => 1500, answer: longTailed(2350, 8000) })
    long.run(240)
    const before = long.past.at(-1)?.preemptions
    const settled = long.run(180)
    t.equal(settled.at(-1)?.preemptions, before, 'none thrown out any more')
    t.ok(kv(settled) > 0.75, `KV ${kv(settled)}`)
  },
)

t.test('answers that all end together do not make the limit swing', async t => {
  const lockstep = new Steered({ prompt: () => 512, answer: () => 256 })
  lockstep.run(150)
  const settled = limits(lockstep.run(150))
  t.ok(Math.max(...settled) / Math.min(...settled) < 1.25, String([...new Set(settled)]))
})

t.test('a cache that overflowed with long calls holds no short ones back', async t => {
  let long = true
  const mixed = new Steered({
    prompt: () => (long ? 3000 : 300),
    answer: longTailed(150, 600),
  })
  mixed.run(60)
  const before = mixed.steer.limit
  t.ok(before < 200, `${before}`)
  long = false
  mixed.run(45)
  t.ok(mixed.steer.limit > 3 * before, `${before}, then ${mixed.steer.limit}`)
})

t.test(
  'beside another client the cache is shared, and taken back when it leaves',
  async t => {
    const h100 = new Steered()
    h100.run(60)
    const alone = h100.steer.limit
    h100.others(288)
    h100.run(3 * answerTime)
    const shared = h100.run(40)
    t.ok(kv(shared) > 0.8 && kv(shared) < 0.92, `KV ${kv(shared)}`)
    t.ok(h100.steer.limit > alone * 0.4, 'ours is not starved')
    h100.others(0)
    h100.run(4 * answerTime)
    t.ok(h100.steer.limit > alone * 0.9, `${h100.steer.limit} of ${alone}`)
  },
)

t.test('beside another client free slots are still filled at once', async t => {
  const slots = new Steered({ law: { maxNumSeqs: 64 } })
  slots.run(30)
  slots.others(32)
  const shared = slots.run(30).slice(10)
  t.ok(shared.every(({ running, waiting }) => running === 64 && waiting < 30))
  slots.others(0)
  slots.run(10)
  t.ok(slots.run(20).every(({ running, waiting }) => running === 64 && waiting > 0))
})

t.test('the queue of another client costs us nothing of our own', async t => {
  const slots = new Steered({ law: { maxNumSeqs: 64 } })
  slots.run(30)
  slots.others(500)
  slots.run(30)
  t.equal(slots.steer.limit, 80)
})

t.test('a server that came up later is not grown into from nothing', async t => {
  const steer = new Steer(undefined)
  t.equal(steer.limit, 64)
  const gauges = { ...idle, running: 64, kvUsage: 0.05, kvTokens: 464_816 }
  steer.read({ now: 0, gauges, inFlight: 64, queued: 100 })
  t.equal(steer.limit, 394)
})

t.test('a server that has answered nothing yet gets no more', async t => {
  const steer = new Steer({ ...idle, kvTokens: 93_184 })
  const start = steer.limit
  for (let now = 0; now < 20_000; now += 1000)
    steer.read({ now, gauges: { ...idle, kvUsage: 0 }, inFlight: start, queued: 100 })
  t.equal(
    steer.limit,
    start,
    'however idle it seems: gauges trail, the first most of all',
  )
})

t.test(
  'a server whose own front is the narrow place is not cut down to nothing',
  async t => {
    const front = new Steered({ prompt: () => 200, answer: () => 4 })
    front.run(20)
    const before = front.past.at(-1)?.answered ?? 0
    const limited = front.run(20)
    t.ok(Math.min(...limits(limited)) > 100, String(limits(limited)))
    t.ok(((limited.at(-1)?.answered ?? 0) - before) / 20 > 200, 'answers a second')
  },
)

t.test('with little work the limit stays where it is', async t => {
  const h100 = new Steered({ silent: true })
  h100.queued(0)
  h100.run(60)
  t.equal(h100.steer.limit, 64)
})

const idle = { running: 0, waiting: 0, preemptions: 0, engines: 1 }

/** So many answers, one by one. */
const answer = (steer: Steer, count: number, now: number): void => {
  for (let i = 0; i < count; i++) steer.answered({ prompt: 1, completion: 1 }, 1, now)
}

/** So many calls at once, refused with so many left in flight, are no accident. */
const refuse = (steer: Steer, inFlight: number, now: number): void => {
  for (let i = 0; i < 4 + inFlight / 20; i++) steer.refused(inFlight, now)
}

/** All that is in flight is refused, one by one, but for those the server has taken. */
const refuseTo = (steer: Steer, taken: number, now: number): void => {
  for (let inFlight = steer.limit - 1; inFlight >= taken; inFlight--)
    steer.refused(inFlight, now)
}

/** Of the calls, whatever is in flight, this part. */
const chance =
  (part: number, fate: Fate): Gateway =>
  (_, dice) =>
    dice.chance(part) ? fate : 'taken'

t.test('some refused or lost, whatever is in flight, are no reason', async t => {
  for (const fate of ['refused', 'lost'] as const)
    for (const part of [0.005, 0.02]) {
      const slots = new Steered({
        law: { maxNumSeqs: 64 },
        gateway: chance(part, fate),
      })
      slots.run(120)
      t.ok(slots.failures > 10, `${slots.failures}`)
      t.same(new Set(limits(slots.run(60))), new Set([80]), `${part} ${fate}`)
    }
})

t.test('many refused or lost, however few are in flight, are no reason', async t => {
  for (const fate of ['refused', 'lost'] as const) {
    const slots = new Steered({ law: { maxNumSeqs: 64 }, gateway: chance(0.2, fate) })
    const tried = slots.run(120)
    t.ok(Math.min(...limits(tried)) < 60, 'fewer have been tried')
    const settled = slots.run(120)
    t.ok(mean(limits(settled)) > 70, `${fate}: ${limits(settled).join()}`)
  }
})

t.test('what is refused above a number is heeded', async t => {
  for (const most of [10, 40, 150]) {
    const behind = new Steered({
      gateway: there => (there >= most ? 'refused' : 'taken'),
    })
    behind.run(120)
    const { failures } = behind
    const past = behind.run(240)
    const settled = limits(past)
    t.ok(mean(settled) > most * 0.85, `${most}: ${settled.join()}`)
    t.ok(mean(settled) < most * 1.15, `${most}: ${settled.join()}`)
    const refused = behind.failures - failures
    const answered = (past.at(-1)?.answered ?? 0) - (past[0]?.answered ?? 0)
    t.ok(refused < answered / 5, `${most}: ${refused} refused, ${answered} answered`)
  }
})

t.test('the more there are the more are lost, and that is heeded', async t => {
  const behind = new Steered({
    gateway: (there, dice) => (dice.chance(1 - 100 / there) ? 'lost' : 'taken'),
  })
  behind.run(300)
  const settled = limits(behind.run(120))
  t.ok(mean(settled) > 85 && mean(settled) < 130, settled.join())
})

t.test('a bound that is lifted is forgotten', async t => {
  let most = 40
  const behind = new Steered({
    law: { maxNumSeqs: 64 },
    gateway: there => (there >= most ? 'refused' : 'taken'),
  })
  behind.run(60)
  t.ok(behind.steer.limit < 45, `${behind.steer.limit}`)
  t.same(behind.steer.fallen, { from: 394, why: 'the server refused more' })
  most = Infinity
  behind.run(60)
  t.ok(behind.steer.limit >= 80, `${behind.steer.limit}`)
  t.equal(behind.steer.fallen, undefined)
})

t.test('when calls are refused no more are sent than the server has taken', async t => {
  const steer = new Steer({ ...idle, kvTokens: 464_816 })
  for (let inFlight = 389; inFlight >= 100; inFlight--) steer.refused(inFlight, 0)
  t.equal(steer.limit, 100)
  t.match(steer.reason, /refused/)
})

t.test('what was refused is approached again, and passed only slowly', async t => {
  const steer = new Steer(undefined, 'no gauges')
  refuse(steer, 40, 0)
  t.equal(steer.limit, 30)
  answer(steer, 1000, 1000)
  t.equal(steer.limit, 38)
  answer(steer, 40, 60_000)
  t.ok(steer.limit > 38 && steer.limit < 45, `${steer.limit}`)
  answer(steer, 1000, 3_600_000)
  t.equal(steer.limit, 64, 'and no further than where it began')
})

t.test(
  'one lost connection is an accident, several are a server with too much',
  async t => {
    const steer = new Steer(undefined, 'no gauges')
    for (let now = 0; now < 600_000; now += 10_000) {
      steer.lost(64, now)
      answer(steer, 50, now)
    }
    t.equal(steer.limit, 64, 'nor is one again and again')
    for (let i = 0; i < 8; i++) steer.lost(64, 600_000)
    t.equal(steer.limit, 48)
  },
)

t.test('a server whose counters start anew has thrown out nothing', async t => {
  const steer = new Steer({ ...idle, kvTokens: 464_816 })
  const reading = { now: 0, inFlight: 390, queued: 100 }
  const gauges = { ...idle, running: 390, kvUsage: 0.93 }
  for (const preemptions of [50, 20, 0])
    steer.read({ ...reading, gauges: { ...gauges, preemptions } })
  t.equal(steer.limit, 394)
})

t.test('a server that was away for a while is not small', async t => {
  const steer = new Steer({ ...idle, kvTokens: 464_816 })
  for (let inFlight = 389; inFlight >= 0; inFlight--) steer.refused(inFlight, 0)
  t.equal(steer.limit, 1, 'calls are not thrown at it by the hundred')
  steer.answered({ prompt: 1, completion: 1 }, 1, 10_000)
  t.equal(steer.limit, 296)
})

t.test('a server that took one or two calls before it was away is not small', async t => {
  for (const taken of [0, 1, 2, 4, 49]) {
    const steer = new Steer({ ...idle, kvTokens: 464_816 })
    refuseTo(steer, taken, 0)
    const cut = Math.max(1, taken)
    t.equal(steer.limit, cut)
    answer(steer, taken, 1000)
    t.equal(steer.limit, cut, 'those it had taken before say nothing')
    answer(steer, 1, 2000)
    t.equal(steer.limit, 296, `${taken}`)
  }
})

t.test('a server that took one call in seven is full, and not away', async t => {
  const steer = new Steer({ ...idle, kvTokens: 464_816 })
  refuseTo(steer, 56, 0)
  answer(steer, 100, 1000)
  t.equal(steer.limit, 56)
})

t.test('a server that takes four at a time is not flooded again and again', async t => {
  const steer = new Steer(undefined, 'no gauges')
  const tried = []
  for (let now = 0; now < 60_000; now += 1000) {
    tried.push(steer.limit)
    // A refused call makes room for the next at once.
    for (let i = 0; i < 10; i++) refuseTo(steer, 4, now)
    answer(steer, 5, now)
  }
  t.same(tried.slice(0, 4), [64, 48, 36, 27])
  t.ok(Math.max(...tried.slice(4)) <= 6, String(tried))
})

t.test(
  'a server that is away right after connections were lost is not small',
  async t => {
    const steer = new Steer({ ...idle, kvTokens: 464_816 })
    for (let inFlight = 393; inFlight > 300; inFlight--) steer.lost(inFlight, 0)
    for (let inFlight = 300; inFlight >= 0; inFlight--) steer.refused(inFlight, 0)
    answer(steer, 1, 10_000)
    t.equal(steer.limit, 296)
  },
)

t.test(
  'a handful that a server took is a limit for half a minute, not for ten',
  async t => {
    for (const taken of [9, 12]) {
      const steer = new Steer(undefined, 'no gauges')
      refuseTo(steer, taken, 0)
      for (let now = 0; now <= 60_000; now += 1000) answer(steer, steer.limit, now)
      t.equal(steer.limit, 64, `${taken}`)
    }
  },
)

t.test('connections lost while few calls are in flight say nothing of many', async t => {
  const steer = new Steer({ ...idle, kvTokens: 200_000 })
  t.equal(steer.limit, 169)
  for (let inFlight = 40; inFlight > 0; inFlight--) steer.lost(inFlight, 0)
  t.equal(steer.limit, 169)
})

t.test('before anything was refused nothing grows without a reading', async t => {
  const steer = new Steer({ ...idle, kvTokens: 4096 })
  t.equal(steer.limit, 8)
  answer(steer, 200, 400)
  t.equal(steer.limit, 8)
  t.match(steer.reason, /first guess/)
})

t.test('after a pause a limit found by readings does not grow without one', async t => {
  const slots = new Steered({ law: { maxNumSeqs: 16 } })
  refuse(slots.steer, 300, 0)
  t.ok(slots.steer.limit < 300)
  slots.run(30)
  const { limit, reason } = slots.steer
  t.ok(limit < 64, `${limit}`)
  answer(slots.steer, 1000, 100_000)
  t.equal(slots.steer.limit, limit)
  t.equal(slots.steer.reason, reason)
})

t.test('without readings a limit grows back to what it was, and no further', async t => {
  const steer = new Steer({ ...idle, kvTokens: 20_480 })
  const { limit } = steer
  refuse(steer, limit - 6, 0)
  t.ok(steer.limit < limit)
  answer(steer, 1000, 3_600_000)
  t.equal(steer.limit, limit)
})

t.test('a server that dies with hundreds in flight is not small either', async t => {
  const steer = new Steer({ ...idle, kvTokens: 464_816 })
  for (let inFlight = 389; inFlight >= 0; inFlight--) steer.lost(inFlight, 0)
  t.ok(steer.limit > 250, `${steer.limit}`)
})

t.test(
  'a server whose engine idles gets no more: the bottleneck is before it',
  async t => {
    const gauges = { running: 3, waiting: 0, kvUsage: 0.01, preemptions: 0, engines: 1 }
    const steer = new Steer(gauges)
    const { limit } = steer
    for (let second = 1; second < 20; second++) {
      const now = 1000 * second
      steer.answered({ prompt: 100_000, completion: 2000 }, limit, now)
      steer.read({ now, gauges, inFlight: limit, queued: 1000 })
    }
    t.equal(steer.limit, limit)
  },
)
