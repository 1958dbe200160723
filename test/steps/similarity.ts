import t from 'tap'
import { similarity } from '../../lib/steps/similarity.js'

t.test('equal texts are 1, white space and composition aside', async t => {
  t.equal(similarity('', ''), 1)
  t.equal(similarity('a  b\n', 'a b'), 1)
  t.equal(similarity('caf\u00e9', 'cafe\u0301'), 1)
})

t.test('texts without a sequence in common are 0', async t => {
  t.equal(similarity('abcdef', 'uvwxyz'), 0)
  t.equal(similarity('ab', 'abc'), 0)
  t.equal(similarity('', 'abc'), 0)
})

t.test('case counts, because constraints are about it', async t => {
  t.ok(similarity('ALL IN CAPITALS', 'all in capitals') < 0.2)
})

t.test('it is the share of common sequences, each as often as it occurs', async t => {
  t.equal(similarity('abcd', 'bcde'), 0.5)
  t.equal(similarity('aaaa', 'aaa'), 2 / 3)
  t.equal(similarity('aaa', 'aaaa'), 2 / 3)
})

t.test('scripts without spaces are compared too', async t => {
  const a = '今日は天気がいいので散歩に行きました。'
  t.ok(similarity(a, a.replace('散歩', '買い物')) > 0.6)
  t.ok(similarity(a, '猫は机の下で静かに眠っています。') < 0.2)
})
