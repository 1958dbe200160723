import t from 'tap'
import { DoneRecords } from '../../../lib/run/state/done-records.js'
import { InputTrace } from '../../../lib/run/state/input-trace.js'
import { ReadSoFar } from '../../../lib/run/state/read-so-far.js'
import type { Place } from '../../../lib/stages/bookmark.js'

const start: Place = { lines: 0, records: 0 }

const begin = ({ passed = start, skip = 0 } = {}) => {
  const done = new DoneRecords()
  const trace = new InputTrace(undefined, () => {})
  return { done, trace, mark: new ReadSoFar({ passed, skip }, done, trace) }
}

t.test('lines are passed once all records before their end are done', async t => {
  const { done, mark } = begin()
  mark.reached({ lines: 4, records: 3 })
  t.same(mark.passedNow(), start)
  done.add(0)
  done.add(2)
  t.same(mark.passedNow(), start, 'one is still open')
  done.add(1)
  t.same(mark.passedNow(), { lines: 4, records: 3 })
})

t.test('it never passes a line of which a record is open', async t => {
  const { done, mark } = begin()
  for (let records = 1; records <= 10_000; records++) {
    mark.reached({ lines: 2 * records, records })
    if (records % 3 === 0) done.addAllBefore(records - 2)
    const passed = mark.passedNow()
    if (passed.records > done.low || passed.lines !== 2 * passed.records)
      t.fail(`${passed.records} passed, ${done.low} done`)
  }
  done.addAllBefore(10_000)
  t.same(mark.passedNow(), { lines: 20_000, records: 10_000 })
})

t.test(
  'it passes lines all along, though places are remembered now and then',
  async t => {
    const { done, mark } = begin()
    for (let records = 1; records <= 100_000; records++) {
      mark.reached({ lines: records, records })
      if (records > 50) done.add(records - 51)
      if (records - mark.passedNow().records > 2100) t.fail(`behind at ${records}`)
    }
  },
)

t.test(
  'a record that stays open holds back the lines, and then lets them go',
  async t => {
    const { done, mark } = begin()
    for (let records = 1; records <= 1_000_000; records++) {
      mark.reached({ lines: records, records })
      if (records > 1) done.add(records - 1)
    }
    t.same(mark.passedNow(), start)
    done.add(0)
    t.same(mark.passedNow(), { lines: 1_000_000, records: 1_000_000 })
  },
)

t.test('records that are skipped are no part of it', async t => {
  const { done, mark } = begin({ skip: 5 })
  mark.reached({ lines: 5, records: 5 })
  t.same(mark.passedNow(), { lines: 5, records: 5 })
  mark.reached({ lines: 6, records: 6 })
  t.same(mark.passedNow().lines, 5)
  done.add(0)
  t.same(mark.passedNow().lines, 6)
})

t.test('what entered is counted from what earlier sessions passed', async t => {
  t.equal(begin().mark.entered, 0)
  t.equal(begin({ passed: { lines: 3, records: 3 }, skip: 5 }).mark.entered, 0)
  const { mark } = begin({ passed: { lines: 9, records: 8 }, skip: 5 })
  t.equal(mark.entered, 3)
  mark.isDone(3)
  mark.isDone(4)
  t.equal(mark.entered, 5)
})

t.test('places that were passed before are not reached again', async t => {
  const { mark } = begin({ passed: { lines: 9, records: 9 } })
  mark.reached({ lines: 4, records: 0 })
  t.same(mark.passedNow(), { lines: 9, records: 9 })
})
