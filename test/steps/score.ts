import t from 'tap'
import { recordWith, response } from '../../fixtures/record-with.js'
import type { Response, Verdict } from '../../lib/record.js'
import { isEligible, scoreRecord, scoreResponse } from '../../lib/steps/score.js'

const { questions } = recordWith([])
const score = (one: Response) => scoreResponse(questions, one)

t.test('all questions answered yes is a pass', async t => {
  t.equal(score(response('Cherry', 'yy')), 'pass')
})

t.test('one clear no among clear answers is a fail', async t => {
  t.equal(score(response('Cherry', 'yn')), 'fail')
  t.equal(score(response('Cherry', 'nn')), 'fail')
})

t.test('an unknown verdict makes neither a pass nor a negative', async t => {
  t.equal(score(response('Cherry', 'y?')), 'unknown')
  t.equal(score(response('Cherry', 'n?')), 'unknown')
})

t.test(
  'no verdicts, or fewer than questions, is unknown (reference defect S2)',
  async t => {
    t.equal(score(response('Cherry')), 'unknown')
    t.equal(score(response('Cherry', '')), 'unknown')
    t.equal(score(response('Cherry', 'y')), 'unknown')
    t.equal(score(response('Cherry', 'n')), 'unknown')
  },
)

t.test('more verdicts than questions belong to other questions: unknown', async t => {
  t.equal(score(response('Cherry', 'yyy')), 'unknown')
})

t.test(
  'an odd verdict is unknown, neither no nor yes (reference defects S2, S3)',
  async t => {
    for (const odd of ['Yes', 'NO', 'No.', 'N/A', 'PARTIALLY', false, null, undefined]) {
      const verdicts = [{ answer: 'yes' }, { answer: odd }] as Verdict[]
      t.equal(score(response('Cherry', '', { verdicts })), 'unknown', String(odd))
    }
    t.equal(
      score(response('Cherry', '', { verdicts: [{}, {}] as Verdict[] })),
      'unknown',
      'a missing answer',
    )
    t.equal(
      score(response('Cherry', '', { verdicts: [null, null] as unknown as Verdict[] })),
      'unknown',
      'no verdict at all',
    )
  },
)

t.test(
  'a response that did not end by itself is neither (reference defect G9)',
  async t => {
    for (const finish of ['length', 'abort', 'error', 'repetition', 'tool_calls', '']) {
      t.equal(score(response('Cherry', 'yy', { finish })), 'unknown', finish)
      t.equal(score(response('Cherry', 'nn', { finish })), 'unknown', finish)
    }
  },
)

t.test('an empty response is neither', async t => {
  t.equal(score(response(' \n', 'yy')), 'unknown')
})

t.test(
  'without questions nothing passes, whatever was stored (reference defect S14)',
  async t => {
    t.equal(scoreResponse([], response('Cherry', '', { pass: true })), 'unknown')
    t.equal(scoreResponse(undefined, response('Cherry', 'y')), 'unknown')
    t.notOk(isEligible(recordWith([], { questions: [] })))
    t.ok(isEligible(recordWith([])))
  },
)

t.test('a stored pass is ignored', async t => {
  t.equal(score(response('Cherry', 'yn', { pass: true })), 'fail')
  t.equal(score(response('Cherry', 'yy', { pass: false })), 'pass')
})

t.test('every response of a record keeps its place', async t => {
  const scored = scoreRecord(recordWith([response('a', 'nn'), response('b', 'yy')]))
  t.same(
    scored.map(({ index, score, failed }) => [index, score, failed]),
    [
      [0, 'fail', 2],
      [1, 'pass', 0],
    ],
  )
})
