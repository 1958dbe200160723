import t from 'tap'
import { Trouble } from '../../lib/model/trouble.js'

/** How many of those in a row it takes, with so many left in flight. */
const inARow = (trouble: Trouble, inFlight: number): number => {
  for (let count = 1; count < 1000; count++)
    if (trouble.met(inFlight, inFlight)) return count
  return Infinity
}

const answer = (trouble: Trouble, count: number): void => {
  for (let i = 0; i < count; i++) trouble.answered()
}

t.test('a handful is an accident, and more of them where many are in flight', async t => {
  t.equal(inARow(new Trouble(), 0), 4)
  t.equal(inARow(new Trouble(), 600), 34)
})

t.test('answers weigh it up', async t => {
  const trouble = new Trouble()
  for (let i = 0; i < 100; i++) {
    t.notOk(trouble.met(64, 64), `${i}`)
    answer(trouble, 25)
  }
  t.ok(trouble.isOver)
  t.ok(inARow(trouble, 64) < 10, 'and are not saved up')
  t.notOk(trouble.isOver)
  answer(trouble, 200)
  t.ok(trouble.isOver)
})

t.test('a flood is more of it than answers, for half a limit', async t => {
  const trouble = new Trouble()
  for (let i = 0; i < 100; i++) {
    trouble.met(64, 64)
    answer(trouble, 1)
  }
  t.notOk(trouble.isFlood, 'one for each answer')
  for (let i = 0; i < 33; i++) trouble.met(64, 64)
  t.ok(trouble.isFlood)
  answer(trouble, 3)
  trouble.met(64, 64)
  t.notOk(trouble.isFlood)
})

t.test('what is usual is tolerated twice over, until it is no more', async t => {
  const trouble = new Trouble()
  t.equal(trouble.tolerated, 0.05)
  trouble.accept(0.25)
  t.equal(trouble.tolerated, 0.5)
  for (let i = 0; i < 100; i++) {
    t.notOk(trouble.met(64, 64))
    answer(trouble, 4)
  }
  t.equal(trouble.tolerated, 0.5)
  answer(trouble, 150)
  t.equal(trouble.tolerated, 0.5, 'two batches of answers in a row')
  answer(trouble, 20)
  t.equal(trouble.tolerated, 0.05)
})
