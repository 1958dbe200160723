import t from 'tap'
import {
  scriptedEngine,
  type Script,
} from '../../../fixtures/embedded/scripted-engine.js'
import { Preambles, preambleOf } from '../../../lib/embedded/server/preambles.js'
import type { Slot } from '../../../lib/embedded/server/slots.js'
import type { ChatMessage } from '../../../lib/embedded/server/text-engine.js'

const never = new AbortController().signal

const messages = (instructions: number, question: string): ChatMessage[] => [
  { role: 'system', content: 'i'.repeat(instructions) },
  { role: 'user', content: question },
]

const setUp = (script: Partial<Script> = {}, instructions = 250) => {
  const engine = scriptedEngine({ answer: () => '', sequences: 12, ...script })
  const slots = engine.sequences.map((sequence): Slot => ({ sequence, held: [] }))
  const given = messages(instructions, 'Why?')
  const preamble = preambleOf(engine, given, engine.encode(given))
  return { engine, slots, preamble, preambles: new Preambles('/nowhere') }
}

t.test('it is all before the last message, in whole pieces', async t => {
  const { preamble } = setUp()
  t.equal(preamble.length, 256)
})

t.test('instructions shorter than a piece have none', async t => {
  t.same(setUp({}, 40).preamble, [])
})

t.test('it is read once, whoever comes at the same time or later', async t => {
  const { engine, slots, preamble, preambles } = setUp()
  const [a, b, c] = slots as [Slot, Slot, Slot]
  await Promise.all([a, b].map(slot => preambles.enter(slot, preamble, never)))
  await preambles.enter(c, preamble, never)
  t.same(engine.reads, [64, 64, 64, 64])
  t.equal(engine.loads, 2)
  t.same([a.held, b.held, c.held], [preamble, preamble, preamble])
})

t.test('a place that holds it already loads nothing', async t => {
  const { engine, slots, preamble, preambles } = setUp()
  const [a] = slots as [Slot]
  await preambles.enter(a, preamble, never)
  await preambles.enter(a, preamble, never)
  t.equal(engine.loads, 0)
})

t.test('when the reader is cut, the next one reads', async t => {
  const cutting = new AbortController()
  const { engine, slots, preamble, preambles } = setUp({
    beforeRead: () => cutting.abort(new Error('gone')),
  })
  const [a, b] = slots as [Slot, Slot]
  const cut = preambles.enter(a, preamble, cutting.signal)
  const waiting = preambles.enter(b, preamble, never)
  await t.rejects(cut, { message: 'gone' })
  await waiting
  t.same(b.held, preamble)
  t.equal(engine.loads, 0)
})

t.test('of many kinds the ones in use are kept', async t => {
  const { engine, slots, preamble, preambles } = setUp()
  const [a, b] = slots as [Slot, Slot]
  await preambles.enter(a, preamble, never)
  for (let kind = 1; kind <= 9; kind++) {
    await preambles.enter(
      b,
      preamble.map(token => token + kind),
      never,
    )
    await preambles.enter(slots[kind + 1] as Slot, preamble, never)
  }
  t.equal(engine.reads.length, 10 * 4)
  await preambles.enter(
    a,
    preamble.map(token => token + 1),
    never,
  )
  t.equal(engine.reads.length, 11 * 4)
})
