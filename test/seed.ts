import t from 'tap'
import { wireSeed } from '../lib/seed.js'

t.test('without a run seed none is sent', async t => {
  t.equal(wireSeed(undefined, { stage: 'generate' }), undefined)
})

t.test('the same place has the same seed in every process', async t => {
  // A pinned value: a change of it would silently change every seeded data set.
  t.equal(
    wireSeed(7, { stage: 'generate' }),
    wireSeed(7, { stage: 'generate', pass: 0, attempt: 0 }),
  )
  t.equal(wireSeed(7, { stage: 'generate' }), 834_153_440)
})

t.test('stage, pass, attempt and base each change the seed', async t => {
  const seeds = [
    wireSeed(7, { stage: 'compose' }),
    wireSeed(7, { stage: 'judge' }),
    wireSeed(7, { stage: 'compose', pass: 1 }),
    wireSeed(7, { stage: 'compose', attempt: 1 }),
    wireSeed(8, { stage: 'compose' }),
  ]
  t.equal(new Set(seeds).size, seeds.length)
})

t.test('a seed and its samples stay within 31 bits, as servers want them', async t => {
  const wire = Array.from({ length: 500 }, (_, seed) =>
    wireSeed(seed, { stage: 'generate' }),
  )
  t.same(
    wire.filter(seed => !Number.isInteger(seed) || seed! < 0 || seed! + 1000 >= 2 ** 31),
    [],
  )
})
