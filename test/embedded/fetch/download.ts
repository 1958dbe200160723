import t from 'tap'
import { join } from 'node:path'
import { hub } from '../../../fixtures/embedded/hub.js'
import { tinyBytes } from '../../../fixtures/embedded/tiny-weights.js'
import { download } from '../../../lib/embedded/fetch/download.js'

t.test('a server that takes the connection and stays silent is given up', async t => {
  const server = await hub(tinyBytes, { answer: () => {} })
  t.teardown(() => server.close())
  const partial = join(t.testdir(), 'partial')
  await t.rejects(
    download({ url: server.url, partial, bytes: tinyBytes.length, idleMs: 50 }),
    { message: /Headers Timeout/ },
  )
})

t.test('an abort ends it with its reason', async t => {
  const server = await hub(tinyBytes, {
    answer: () => aborting.abort(new Error('enough')),
  })
  t.teardown(() => server.close())
  const aborting = new AbortController()
  const partial = join(t.testdir(), 'partial')
  await t.rejects(
    download({
      url: server.url,
      partial,
      bytes: tinyBytes.length,
      signal: aborting.signal,
    }),
    { message: 'enough' },
  )
})
