import t from 'tap'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { startEmbedded } from '../../lib/embedded/start-embedded.js'

t.test(
  'without consent nothing is fetched, and the plan is told with exit 2',
  async t => {
    const cache = t.testdir()
    await t.rejects(startEmbedded({ env: { ULTRAIF_CACHE: cache } }), {
      code: 'no_model_server',
      exitCode: 2,
      message: /No model server was named[^]*98 MB[^]*Agree with --yes, or .*--base-url/,
    })
    t.same(readdirSync(cache), [])
  },
)

t.test('a bad --gguf is told before anything is asked', async t => {
  const cache = t.testdir()
  const gguf = join(cache, 'none.gguf')
  await t.rejects(startEmbedded({ gguf, env: { ULTRAIF_CACHE: cache } }), {
    code: 'file_unreadable',
  })
})
