import t, { type Test } from 'tap'
import { DoneRecords, rangesOf, type Range } from '../../../lib/run/state/done-records.js'

/** What is asked of it, done the slow way. */
class Slow {
  low = 0
  #set = new Set<number>()

  has(place: number): boolean {
    return place < this.low || this.#set.has(place)
  }
  add(place: number): boolean {
    if (this.has(place)) return false
    this.#set.add(place)
    while (this.#set.delete(this.low)) this.low++
    return true
  }
  addRange([first, last]: Range): void {
    for (let each = first; each <= last; each++) this.add(each)
  }
  addAllBefore(place: number): void {
    this.addRange([this.low, place - 1])
  }
  ranges(): Range[] {
    return rangesOf([...this.#set])
  }
}

/** The same numbers in every run of a test. */
const randomOf =
  (seed: number) =>
  (below: number): number => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0
    return Math.floor((seed / 2 ** 32) * below)
  }

const agree = (t: Test, done: DoneRecords, slow: Slow, upTo: number) => {
  t.equal(done.low, slow.low)
  t.same(done.ranges(), slow.ranges())
  for (let place = 0; place < upTo; place++)
    if (done.has(place) !== slow.has(place)) t.fail(`has(${place})`)
}

t.test('it is a set, whatever order records end in', async t => {
  for (let seed = 1; seed <= 20; seed++) {
    const random = randomOf(seed)
    const spread = [5, 60, 900, 20_000][seed % 4] as number
    const done = new DoneRecords()
    const slow = new Slow()
    for (let i = 0; i < 3000; i++) {
      const place = slow.low + random(spread)
      switch (random(20)) {
        case 0:
          done.addAllBefore(place)
          slow.addAllBefore(place)
          break
        case 1: {
          const range: Range = [place, place + random(9)]
          done.addRange(range)
          slow.addRange(range)
          break
        }
        default:
          if (done.add(place) !== slow.add(place)) t.fail(`add(${place})`)
      }
    }
    agree(t, done, slow, slow.low + spread + 10)
  }
})

t.test('bits that are thrown away in the middle of a byte change no answer', async t => {
  for (const open of [0, 1, 7, 8, 65_535, 65_536, 65_537]) {
    const done = new DoneRecords()
    const slow = new Slow()
    for (let place = 0; place < 140_000; place++)
      if (place !== open && place !== 139_990) {
        done.add(place)
        slow.add(place)
      }
    agree(t, done, slow, 140_010)
    t.equal(done.add(open), true)
    slow.add(open)
    agree(t, done, slow, 140_010)
    t.equal(done.low, 139_990)
  }
})

t.test('all before a place are done, also far behind all that was seen', async t => {
  const done = new DoneRecords()
  done.add(3)
  done.addAllBefore(1_000_000)
  t.equal(done.low, 1_000_000)
  t.ok(done.has(999_999))
  t.notOk(done.has(1_000_000))
  t.equal(done.add(1_000_001), true)
  t.same(done.ranges(), [[1_000_001, 1_000_001]])
  done.addAllBefore(5)
  t.equal(done.low, 1_000_000, 'and it never goes back')
})

t.test('a million records behind one that is open cost a bit each', async t => {
  const done = new DoneRecords()
  for (let place = 1; place < 1_000_000; place++) done.add(place)
  t.same(done.ranges(), [[1, 999_999]])
  done.add(0)
  t.equal(done.low, 1_000_000)
  t.same(done.ranges(), [])
})

t.test('places become runs in any order', async t => {
  t.same(rangesOf([]), [])
  t.same(rangesOf([5, 3, 4, 9, 0]), [
    [0, 0],
    [3, 5],
    [9, 9],
  ])
})
