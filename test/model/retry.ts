import t from 'tap'
import { retryAfterMsOf } from '../../lib/model/attempt.js'
import { backOffCapMs, waitMs } from '../../lib/model/retry.js'

const backOff = { baseMs: 500, capMs: backOffCapMs }

t.test('the wait doubles up to its cap, and is drawn from zero up', async t => {
  const longest = [0, 1, 2, 3, 10].map(retry =>
    waitMs(retry, backOff, undefined, () => 1),
  )
  t.strictSame(longest, [500, 1000, 2000, 4000, 30_000])
  t.equal(
    waitMs(3, backOff, undefined, () => 0),
    0,
  )
})

t.test('a server that asks for a pause gets it, within reason', async t => {
  t.equal(
    waitMs(0, backOff, 2000, () => 0.5),
    2250,
  )
  t.equal(
    waitMs(0, backOff, 3_600_000, () => 0),
    60_000,
  )
})

t.test('Retry-After is read in seconds and as a date', async t => {
  const now = Date.parse('2026-11-23T05:00:00Z')
  t.equal(retryAfterMsOf('3', now), 3000)
  t.equal(retryAfterMsOf('Mon, 23 Nov 2026 05:00:09 GMT', now), 9000)
  t.equal(retryAfterMsOf('Mon, 23 Nov 2026 04:00:00 GMT', now), 0)
  t.equal(retryAfterMsOf('soon', now), undefined)
  t.equal(retryAfterMsOf(undefined, now), undefined)
})
