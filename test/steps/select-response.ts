import t from 'tap'
import { recordWith, response } from '../../fixtures/record-with.js'
import type { Response } from '../../lib/record.js'
import { scoreRecord } from '../../lib/steps/score.js'
import { selectResponse } from '../../lib/steps/select-response.js'

const select = (pick: 'first' | 'shortest', ...responses: Response[]) =>
  selectResponse(scoreRecord(recordWith(responses)), pick)?.response.text

t.test('first is the first sample that passes', async t => {
  t.equal(
    select(
      'first',
      response('no', 'yn'),
      response('long one', 'yy'),
      response('b', 'yy'),
    ),
    'long one',
  )
})

t.test('shortest is the shortest that passes, the earlier of equals', async t => {
  t.equal(
    select(
      'shortest',
      response('a', 'yn'),
      response('long one', 'yy'),
      response('bb', 'yy'),
      response('cc', 'yy'),
    ),
    'bb',
  )
})

t.test('where none passes there is none, not the last (reference defect S1)', async t => {
  for (const pick of ['first', 'shortest'] as const) {
    t.equal(select(pick, response('a', 'yn'), response('b', 'y?')), undefined)
    t.equal(select(pick), undefined)
  }
})
