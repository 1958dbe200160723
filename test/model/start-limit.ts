import t from 'tap'
import { startLimit } from '../../lib/model/start-limit.js'

const idle = { running: 0, waiting: 0, preemptions: 0, engines: 1 }

t.test(
  'the first guess is what the cache holds of sequences of 1,024 tokens',
  async t => {
    const { limit, reason } = startLimit({ ...idle, kvTokens: 464_816 })
    t.equal(limit, 394)
    t.match(reason, /464,816 tokens/)
  },
)

t.test('the guess is bounded where caches are tiny or huge', async t => {
  t.equal(startLimit({ ...idle, kvTokens: 2560 }).limit, 8)
  t.equal(startLimit({ ...idle, kvTokens: 5e7 }).limit, 1024)
  t.equal(startLimit({ ...idle, kvTokens: 5e7, engines: 4 }).limit, 4096)
})

t.test(
  'beside another client it is what is free, and a quarter of the cache at least',
  async t => {
    t.equal(startLimit({ ...idle, kvTokens: 464_816, kvUsage: 0.5 }).limit, 167)
    t.equal(startLimit({ ...idle, kvTokens: 464_816, kvUsage: 0.99 }).limit, 98)
  },
)

t.test('a server that tells nothing gets 64, and the user the cause', async t => {
  t.equal(startLimit(idle).limit, 64)
  t.match(startLimit(idle).reason, /does not say how large its cache is/)
  t.match(startLimit(undefined, 'GET http://h/metrics answers 404'), {
    limit: 64,
    reason: /^fixed: GET .* answers 404$/,
  })
})
