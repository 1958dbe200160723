import t from 'tap'
import { recordWith, response } from '../../fixtures/record-with.js'
import type { Response } from '../../lib/record.js'
import { scoreRecord } from '../../lib/steps/score.js'
import { selectPair } from '../../lib/steps/select-pair.js'

const select = (by: 'margin' | 'last', ...responses: Response[]) => {
  const { pair, refused } = selectPair(scoreRecord(recordWith(responses)), by)
  return {
    pair: pair && [pair.chosen.response.text, pair.rejected.response.text],
    refused,
  }
}
const cherry = 'A cherry is what I would name here.'
const long = 'Strawberries, of course. '.repeat(20)

t.test('margin takes the response that fails most questions', async t => {
  t.same(
    select(
      'margin',
      response('one no', 'ny'),
      response('two noes', 'nn'),
      response(cherry, 'yy'),
      response('another no', 'yn'),
    ),
    { pair: [cherry, 'two noes'], refused: 0 },
  )
})

t.test('of equal margins the closest lengths win, then the earlier samples', async t => {
  const words = (n: number) => 'word '.repeat(n)
  t.same(
    select(
      'margin',
      response(words(100), 'yy'),
      response(`x${words(50)}`, 'ny'),
      response(`y${words(90)}`, 'ny'),
    ).pair,
    [words(100), `y${words(90)}`],
  )
  t.same(
    select(
      'margin',
      response('a cherry', 'yy'),
      response('an apple', 'yy'),
      response('first no', 'ny'),
      response('later no', 'ny'),
    ).pair,
    ['a cherry', 'first no'],
  )
})

t.test('near-identical texts are refused and the next best pair is taken', async t => {
  t.same(
    select(
      'margin',
      response(long, 'yy'),
      response(`${long}\n`, 'nn'),
      response('Apples are what everybody names. '.repeat(15), 'ny'),
    ),
    { pair: [long, 'Apples are what everybody names. '.repeat(15)], refused: 1 },
  )
})

t.test('a pair whose length runs away is refused', async t => {
  t.same(select('margin', response(cherry, 'yy'), response(long, 'nn')), {
    pair: undefined,
    refused: 1,
  })
})

t.test('short texts are no runaway, whatever their ratio', async t => {
  t.same(
    select('margin', response('Plum', 'yy'), response('A banana, I would say.', 'nn'))
      .pair,
    ['Plum', 'A banana, I would say.'],
  )
})

t.test(
  'last takes the last pass and the last fail as they are, like the reference',
  async t => {
    t.same(
      select(
        'last',
        response(cherry, 'yy'),
        response('two noes', 'nn'),
        response(`${cherry} Yes.`, 'yy'),
        response(`${cherry} Yes. `, 'ny'),
      ),
      { pair: [`${cherry} Yes.`, `${cherry} Yes. `], refused: 0 },
    )
  },
)

t.test(
  'a response that could not be judged or was cut off is no negative (reference defects S3, G9)',
  async t => {
    for (const by of ['margin', 'last'] as const) {
      t.equal(
        select(
          by,
          response(cherry, 'yy'),
          response('unknown', 'n?'),
          response('unjudged'),
          response('cut', 'nn', { finish: 'length' }),
        ).pair,
        undefined,
      )
    }
  },
)

t.test('it takes one of each', async t => {
  for (const by of ['margin', 'last'] as const) {
    t.equal(select(by, response('a', 'yy'), response('b', 'yy')).pair, undefined)
    t.equal(select(by, response('a', 'nn'), response('b', 'ny')).pair, undefined)
  }
})

t.test('of thousands of each it is still the first against the worst', async t => {
  const passing = Array.from({ length: 20_000 }, (_, i) => response(`pass ${i}`, 'yy'))
  const failing = Array.from({ length: 20_000 }, (_, i) => response(`x${i}`, 'ny'))
  failing[15_000] = response('the worst', 'nn')
  t.same(select('margin', ...passing, ...failing).pair, ['pass 0', 'the worst'])
})
