import t from 'tap'
import { recordWith, response } from '../../fixtures/record-with.js'
import { whyUnjudged } from '../../lib/steps/unjudged.js'

t.test('one yes or no on one response is a verdict', async t => {
  t.equal(whyUnjudged(recordWith([response('a', '??'), response('b', '?n')])), undefined)
})

t.test('without any, it says what became of the responses', async t => {
  const cut = { finish: 'length' }
  t.match(
    whyUnjudged(
      recordWith([
        response('a', undefined, cut),
        response('b', undefined, cut),
        response('c', '??'),
        response(' '),
        response('', undefined, { finish: 'error' }),
      ]),
    ),
    /^no usable verdict on any response: 2 cut off at --max-tokens, 1 judged, with no clear yes or no .*, 1 empty, 1 without an answer/,
  )
})

t.test('where there was nothing to judge, nothing is missing', async t => {
  t.equal(whyUnjudged(recordWith([])), undefined)
  t.equal(whyUnjudged(recordWith([response('a')], { questions: [] })), undefined)
})
