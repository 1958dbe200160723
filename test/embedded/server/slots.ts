import t from 'tap'
import { scriptedEngine } from '../../../fixtures/embedded/scripted-engine.js'
import {
  pieceLength,
  readPieces,
  reusable,
  Slots,
} from '../../../lib/embedded/server/slots.js'
import type { Token } from '../../../lib/embedded/server/text-engine.js'

const never = new AbortController().signal
const tokens = (length: number, of: number): Token[] => Array(length).fill(of)
const slotsOf = (sequences: number) =>
  new Slots(scriptedEngine({ answer: () => '', sequences }).sequences)

t.test('a text is read in whole pieces, and what was read is not read again', async t => {
  const engine = scriptedEngine({ answer: () => '' })
  const [sequence] = engine.sequences
  const slot = { sequence: sequence as never, held: [] }
  await readPieces(slot, tokens(150, 1), never)
  t.same(engine.reads, [64, 64])
  await readPieces(slot, [...tokens(100, 1), ...tokens(100, 2)], never)
  t.same(engine.reads, [64, 64, 64, 64])
  t.equal(reusable(slot, [...tokens(100, 1), ...tokens(100, 2)]), 192)
})

t.test('a prompt goes where the most of it has been read', async t => {
  const slots = slotsOf(3)
  const other = await slots.take(tokens(1, 0), never)
  const near = await slots.take(tokens(1, 0), never)
  other.held = tokens(pieceLength, 5)
  near.held = tokens(4 * pieceLength, 7)
  slots.give(other)
  slots.give(near)
  t.equal(await slots.take(tokens(9 * pieceLength, 7), never), near)
  t.not(await slots.take(tokens(9 * pieceLength, 8), never), other)
})

t.test('a place that falls free goes to the one who waits and fits it best', async t => {
  const slots = slotsOf(1)
  const slot = await slots.take(tokens(1, 0), never)
  const first = slots.take(tokens(200, 1), never)
  const second = slots.take(tokens(200, 2), never)
  t.equal(slots.waiting, 2)
  slot.held = tokens(pieceLength, 2)
  slots.give(slot)
  t.equal(await second, slot)
  slots.give(slot)
  t.equal(await first, slot)
})

t.test('nobody is overtaken for ever', async t => {
  const slots = slotsOf(1)
  const slot = await slots.take(tokens(1, 0), never)
  slot.held = tokens(pieceLength, 2)
  let arrived = false
  const patient = slots.take(tokens(200, 1), never).then(() => (arrived = true))
  for (let i = 0; i < 8; i++) {
    const favoured = slots.take(tokens(200, 2), never)
    slots.give(slot)
    await favoured
    t.equal(arrived, false)
  }
  void slots.take(tokens(200, 2), never)
  slots.give(slot)
  await patient
  t.ok(arrived)
})

t.test('who gives up waiting is forgotten', async t => {
  const slots = slotsOf(1)
  const slot = await slots.take(tokens(1, 0), never)
  const leaving = new AbortController()
  const left = slots.take(tokens(9, 1), leaving.signal)
  leaving.abort(new Error('gone'))
  await t.rejects(left, { message: 'gone' })
  t.equal(slots.waiting, 0)
  slots.give(slot)
  t.equal(slots.free, 1)
})
