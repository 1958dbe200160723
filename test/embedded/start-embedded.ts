import t from 'tap'
import { mkdirSync, readdirSync, truncateSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { engineFolder } from '../../lib/embedded/engine.js'
import { enginePackage } from '../../lib/embedded/fetch/engine-package.js'
import { defaultWeights, engineVersion } from '../../lib/embedded/fetch/facts.js'
import { startEmbedded } from '../../lib/embedded/start-embedded.js'
import { weightsPath } from '../../lib/embedded/weights.js'
import { runProgram } from '../../fixtures/run-program.js'

/** A cache that looks as if all were fetched: a file without blocks, an engine without code. */
const furnished = (cache: string): void => {
  const weights = weightsPath(cache)
  mkdirSync(dirname(weights), { recursive: true })
  writeFileSync(weights, '')
  truncateSync(weights, defaultWeights.bytes)
  for (const name of ['node-llama-cpp', enginePackage() ?? 'none']) {
    const folder = join(engineFolder(cache), 'node_modules', name)
    mkdirSync(folder, { recursive: true })
    writeFileSync(
      join(folder, 'package.json'),
      JSON.stringify({ version: engineVersion }),
    )
  }
}

t.test(
  'without consent nothing is fetched, and the plan is told with exit 2',
  async t => {
    const cache = t.testdir()
    await t.rejects(startEmbedded({ env: { ULTRAIF_CACHE: cache } }), {
      code: 'no_model_server',
      exitCode: 2,
      message:
        /No model server was named[^]*98 MB[^]*--base-url URL .* or agree .* --yes/,
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

t.test('a model that is here already does not run unasked', async t => {
  const dir = t.testdir({ cache: {} })
  const env = { ULTRAIF_CACHE: join(dir, 'cache') }
  furnished(env.ULTRAIF_CACHE)
  const corpus = join(import.meta.dirname, '../../fixtures/samples/query.jsonl')
  const out = join(dir, 'sft.jsonl')
  const { code, stdout, stderr } = await runProgram(['run', '--out', out, corpus], {
    env,
  })
  t.equal(code, 2)
  t.equal(stdout, '')
  t.match(
    stderr,
    /No model server was named\.\n[^]*not worth training on[^]*--base-url URL or in ULTRAIF_BASE_URL, or agree .* --yes/,
  )
  t.notMatch(stderr, /not here yet/)
})

t.test('with --yes, or a file that was named, it does', async t => {
  const dir = t.testdir({ cache: {}, 'own.gguf': 'GGUF' })
  const env = { ULTRAIF_CACHE: join(dir, 'cache') }
  furnished(env.ULTRAIF_CACHE)
  // There is no code in this engine: that it is asked for shows that there was consent.
  const started = { code: 'embedded_unavailable' }
  await t.rejects(startEmbedded({ consent: true, env }), started)
  const gguf = join(dir, 'own.gguf')
  await t.rejects(startEmbedded({ gguf, env }), started)
  await t.rejects(startEmbedded({ env: { ...env, ULTRAIF_GGUF: gguf } }), {
    code: 'no_model_server',
  })
})
