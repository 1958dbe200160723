import t from 'tap'
import {
  afterGroupFailure,
  formIsMissing,
  halves,
} from '../../../lib/model/batch/after-group-failure.js'
import { failedByFault, failedByStatus } from '../../../lib/model/attempt.js'
import type { FaultKind } from '../../../lib/model/fault.js'

const status = (status: number, text = '') => failedByStatus('POST /x', { status, text })
const fault = (kind: FaultKind) => failedByFault('POST /x', { kind, message: 'x' })

t.test('a refusal may be about one member, so the group is asked in parts', async t => {
  for (const code of [400, 403, 413, 414, 422, 500])
    t.equal(afterGroupFailure(status(code), 'list'), 'halves', `${code}`)
  const unreadable = { code: 'bad_response', message: 'no JSON', status: 200 } as const
  t.equal(afterGroupFailure(unreadable, 'chats'), 'halves')
  t.equal(afterGroupFailure(fault('too_big'), 'samples'), 'halves')
})

t.test('words of a refusal prove nothing: it may echo the prompts', async t => {
  const echo = status(400, '{"error":{"message":"invalid prompt: your JSON schema…"}}')
  t.equal(echo.refusesSchema, true)
  t.equal(afterGroupFailure(echo, 'list'), 'halves')
})

t.test('what has nothing to do with the members goes by the ordinary rules', async t => {
  for (const code of [401, 404, 408, 429, 502, 503, 504])
    t.equal(afterGroupFailure(status(code), 'list'), 'each', `${code}`)
  for (const kind of ['unreachable', 'untrusted', 'reset', 'cut'] as const)
    t.equal(afterGroupFailure(fault(kind), 'chats'), 'each', kind)
  const gaveUp = { code: 'server_error', message: '', status: 200, gaveUp: true } as const
  t.equal(afterGroupFailure(gaveUp, 'samples'), 'each')
})

t.test(
  'the death of the engine goes by the ordinary rules, which find its cause',
  async t => {
    const died = status(500, '{"error":{"message":"EngineCore encountered an issue."}}')
    t.equal(afterGroupFailure(died, 'list'), 'each')
  },
)

t.test('a route that is not there takes no group any more', async t => {
  for (const code of [307, 404, 405, 501])
    t.equal(afterGroupFailure(status(code), 'chats'), 'apart', `${code}`)
  t.equal(afterGroupFailure(status(501), 'samples'), 'apart')
})

t.test('a server that reads over n takes no samples any more', async t => {
  const failure = {
    code: 'bad_response',
    message: '',
    status: 200,
    miscounted: true,
  } as const
  t.ok(formIsMissing(failure, 'samples'))
  t.equal(afterGroupFailure(failure, 'samples'), 'apart')
})

t.test('halves of a group leave nobody out', async t => {
  t.strictSame(halves([1, 2, 3, 4, 5]), [
    [1, 2, 3],
    [4, 5],
  ])
  t.strictSame(halves([1, 2]), [[1], [2]])
})
