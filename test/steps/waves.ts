import t from 'tap'
import { wavesFor } from '../../lib/steps/waves.js'

t.test('all samples are drawn at once where all are wanted', async t => {
  t.same(wavesFor(5, { until: 'all' }), [5])
  t.same(wavesFor(5, { until: 'all', waves: [1] }), [5])
})

t.test('waves add up to K, whatever K is', async t => {
  t.same(wavesFor(5, { until: 'pass' }), [1, 2, 2])
  t.same(wavesFor(8, { until: 'pass' }), [1, 2, 2, 2, 1])
  t.same(wavesFor(1, { until: 'pass' }), [1])
})

t.test('no wave is spent on one sample that cannot make a pair', async t => {
  t.same(wavesFor(5, { until: 'pair' }), [2, 2, 1])
  t.same(wavesFor(1, { until: 'pair' }), [1])
})

t.test('sizes of your own are taken, the last one again and again', async t => {
  t.same(wavesFor(7, { until: 'pass', waves: [1, 1, 3] }), [1, 1, 3, 2])
  t.same(wavesFor(3, { until: 'pair', waves: [9] }), [3])
})
