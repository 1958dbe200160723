import t from 'tap'
import { Ceiling } from '../../lib/model/ceiling.js'

const minute = 60_000

t.test(
  'what proved too many is kept away from, and passed after a minute or so',
  async t => {
    const ceiling = new Ceiling()
    t.equal(ceiling.allows(0), Infinity)
    ceiling.set(100, 0, 'refused')
    t.equal(Math.round(ceiling.allows(0)), 95)
    t.ok(ceiling.allows(minute) > 100)
    t.ok(ceiling.allows(2 * minute) < 110)
  },
)

t.test('a ceiling of a handful is passed within a minute too', async t => {
  for (const all of [1, 2, 4, 9, 40]) {
    const ceiling = new Ceiling()
    ceiling.set(all, 0, 'refused')
    t.ok(Math.round(ceiling.allows(0)) <= all)
    t.ok(Math.round(ceiling.allows(minute / 2)) > all, `${all}`)
    t.ok(ceiling.allows(minute) <= all + 6)
  }
})

t.test('a ceiling that holds no more is forgotten', async t => {
  const ceiling = new Ceiling()
  ceiling.set(100, 0, 'refused')
  ceiling.served(99)
  t.ok(ceiling.allows(0) < 100)
  ceiling.served(101)
  t.equal(ceiling.allows(0), Infinity)
})

t.test('trouble at a known ceiling is told from trouble at a new one', async t => {
  const ceiling = new Ceiling()
  t.notOk(ceiling.isAt(100))
  ceiling.set(100, 0, 'refused')
  t.ok(ceiling.isAt(103))
  t.notOk(ceiling.isAt(200))
})
