import t from 'tap'
import { FullSlots, reserveBehind } from '../../lib/model/full-slots.js'

/** Readings of [running, waiting, answered meanwhile]. */
const read = (...readings: [number, number, number][]): FullSlots => {
  const full = new FullSlots()
  for (const reading of readings) full.read(...reading)
  return full
}

t.test(
  'a queue that stays while answers come, and no larger batch: all slots are taken',
  async t => {
    t.equal(read([64, 300, 0], [64, 300, 5], [63, 301, 5]).slots, 64)
  },
)

t.test('places that were free for a moment between two steps count as taken', async t => {
  t.equal(read([128, 380, 9], [119, 384, 9], [124, 383, 9], [126, 383, 9]).slots, 128)
})

t.test('a batch that still grows is reading prompts', async t => {
  t.equal(read([64, 300, 9], [90, 280, 9], [120, 250, 9], [150, 220, 9]).slots, undefined)
})

t.test('without answers a server may as well be stuck', async t => {
  t.equal(read([1, 300, 0], [1, 300, 0], [1, 300, 0], [1, 300, 0]).slots, undefined)
})

t.test('a batch that shrinks has no lack of slots', async t => {
  t.equal(
    read([500, 90, 50], [450, 90, 50], [400, 90, 50], [350, 90, 50]).slots,
    undefined,
  )
})

t.test('a few prompts between two steps are no queue', async t => {
  t.equal(read([500, 5, 50], [500, 9, 50], [500, 4, 50], [500, 8, 50]).slots, undefined)
})

t.test('a server that runs more than it could has been misjudged', async t => {
  const full = read([64, 30, 9], [64, 30, 9], [64, 30, 9])
  full.read(60, 0, 9)
  t.equal(full.slots, 64, 'fewer running is only less work')
  full.read(70, 0, 9)
  t.equal(full.slots, undefined)
})

t.test('a server does not lose slots because it is short of work', async t => {
  const full = read([64, 30, 9], [64, 30, 9], [64, 30, 9])
  for (let i = 0; i < 5; i++) full.read(40, 30, 9)
  t.equal(full.slots, 64)
})

t.test('the reserve is a quarter of 64 slots and a few per cent of 1,024', async t => {
  t.equal(reserveBehind(64), 16)
  t.equal(reserveBehind(1024), 64)
})
