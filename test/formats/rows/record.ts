import t from 'tap'
import { recordWith, response } from '../../../fixtures/record-with.js'
import { recordRow } from '../../../lib/formats/rows/record.js'

t.test('pass is worked out anew, whatever was stored', async t => {
  const { responses } = recordRow(
    recordWith([
      response('a', 'yy', { pass: false }),
      response('b', 'yn', { pass: true }),
      response('c', 'y?', { pass: true }),
    ]),
  )
  t.same(
    responses?.map(({ pass }) => pass),
    [true, false, false],
  )
})

t.test('a response that nobody judged has no pass', async t => {
  const { responses } = recordRow(recordWith([response('a', undefined, { pass: true })]))
  t.strictSame(responses, [{ text: 'a', finish: 'stop' }])
})

t.test('everything else travels along', async t => {
  const record = { ...recordWith([response('a', 'yy')]), note: 'mine' }
  t.match(recordRow(record), { note: 'mine', query: record.query })
  const { responses: _none, ...bare } = record
  t.strictSame(recordRow(bare), bare)
})
