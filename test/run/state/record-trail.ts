import t from 'tap'
import { carryLineage } from '../../../lib/lineage.js'
import type { Record } from '../../../lib/record.js'
import { RecordTrail, type Share } from '../../../lib/run/state/record-trail.js'

const following = () => {
  const done: [place: number | undefined, share: Share][] = []
  const faults: string[] = []
  const many: number[] = []
  const trail = new RecordTrail({
    onDone: (share, place) => done.push([place, share]),
    onFault: ({ message }) => faults.push(message),
    onManyDue: records => many.push(records),
  })
  const enter = (place: number): Record => {
    const record = { id: `r${place}`, query: '', seed: { query: '' } }
    trail.entered(record, place)
    return record
  }
  const places = () => done.map(([place]) => place)
  return { trail, done, faults, many, enter, places }
}

t.test('a record is done when its last row has come', t => {
  const { trail, done, enter, places } = following()
  const record = enter(3)
  trail.line(record, '--also dpo=', 'pair\n')
  trail.settled(record, { kept: { sft: 2, dpo: 1 }, due: 2 })
  trail.row('--out', carryLineage(record, { row: 1 }))
  t.same(places(), [])
  trail.row('--out', carryLineage(record, { row: 2 }))
  t.same(places(), [3])
  t.match(done[0]?.[1], {
    in: 1,
    kept: 1,
    rows: { sft: 2, dpo: 1 },
    texts: [
      ['--also dpo=', 'pair\n'],
      ['--out', '{"row":1}\n'],
      ['--out', '{"row":2}\n'],
    ],
  })
  t.end()
})

t.test('a record of which several were made is done with the last of them', t => {
  const { trail, done, enter, places } = following()
  const record = enter(0)
  trail.became(record, 3)
  trail.settled({ ...record }, { filtered: 'no_pass' })
  trail.settled({ ...record }, { rejected: 'deadline' })
  t.same(places(), [])
  trail.settled({ ...record }, { kept: { dpo: 1 }, due: 0 })
  t.same(places(), [0])
  t.match(done[0]?.[1], { in: 3, kept: 1, filtered: { no_pass: 1 } })
  t.end()
})

t.test('rows that a stage behind the filter dropped hold nothing back', t => {
  const { trail, enter, places, done } = following()
  const record = enter(5)
  trail.line(record, '--also dpo=', 'pair\n')
  trail.settled(record, { kept: { sft: 1 }, due: 1 })
  t.same(places(), [])
  trail.rowsEnded()
  t.same(places(), [5])
  t.same(done[0]?.[1].texts, [['--also dpo=', 'pair\n']])
  t.end()
})

t.test('rows that a stage holds for long are waited for, and very many are told', t => {
  const { trail, enter, places, many } = following()
  const records = Array.from({ length: 65_537 }, (_, place) => enter(place))
  for (const record of records) trail.settled(record, { kept: { sft: 1 }, due: 1 })
  t.same(places(), [])
  t.same(many, [65_536])
  for (const record of records.toReversed()) trail.row('--out', { ...record })
  t.equal(places().length, 65_537)
  t.end()
})

t.test('a row behind the filter may go, become several or fail', t => {
  const { trail, enter, done } = following()
  const [gone, more, bad] = [enter(0), enter(1), enter(2)]
  for (const record of [gone, more, bad])
    trail.settled(record, { kept: { sft: 1 }, due: 1 })
  trail.rowBecame({ ...gone }, 0, 'sft')
  t.match(done[0], [0, { in: 1, kept: 1, rows: { sft: 0 }, texts: [] }])
  trail.rowBecame({ ...more }, 2, 'sft')
  trail.row('--out', { ...more })
  t.equal(done.length, 1)
  trail.row('--out', { ...more })
  t.match(done[1], [1, { in: 1, kept: 1, rows: { sft: 2 } }])
  trail.line({ ...bad }, '--rejects', 'reject\n')
  trail.rowRejected({ ...bad }, 'stage_error', 'sft')
  t.match(done[2], [
    2,
    {
      in: 2,
      kept: 1,
      rejected: { stage_error: 1 },
      rows: { sft: 0 },
      texts: [['--rejects', 'reject\n']],
    },
  ])
  t.end()
})

t.test('what cannot be told apart is a fault', t => {
  const { trail, enter, faults } = following()
  const record = enter(0)
  trail.settled(record, { filtered: 'no_pass' })
  trail.settled({ ...record }, { filtered: 'no_pass' })
  t.match(faults, [/several made of one \(r0\)/])
  t.throws(() => trail.row('--out', { id: 'new' }), { message: /its own \(new\)/ })
  t.throws(() => trail.row('--out', 'text'), { message: /a string/ })
  t.end()
})

t.test('what a stage lost sight of is counted all the same', t => {
  const { trail, done } = following()
  trail.settled({ id: 'x' }, { rejected: 'stage_error' })
  trail.settled({ id: 'x' }, { kept: { dpo: 1 }, due: 0 })
  t.match(
    done.map(([place, { in: n }]) => [place, n]),
    [
      [undefined, 1],
      [undefined, 1],
    ],
  )
  t.end()
})

t.test('what comes of a record that is done already goes by itself', t => {
  const { trail, enter, done } = following()
  const record = enter(0)
  trail.settled(record, { kept: { sft: 1 }, due: 1 })
  trail.line({ ...record }, '--rejects', 'one\n')
  trail.rowRejected({ ...record }, 'stage_error', 'sft')
  trail.line({ ...record }, '--rejects', 'two\n')
  trail.rowRejected({ ...record }, 'stage_error', 'sft')
  t.match(done, [
    [
      0,
      { rows: { sft: 0 }, rejected: { stage_error: 1 }, texts: [['--rejects', 'one\n']] },
    ],
    [undefined, { texts: [['--rejects', 'two\n']] }],
    [undefined, { in: 1, rows: {}, rejected: { stage_error: 1 } }],
  ])
  t.end()
})
