import t from 'tap'
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fakePrograms } from '../../fixtures/embedded/fake-programs.js'
import { engineFolder, hasEngine, installEngine } from '../../lib/embedded/engine.js'
import { enginePackage } from '../../lib/embedded/fetch/engine-package.js'
import { engineVersion } from '../../lib/embedded/fetch/facts.js'

/** An npm that writes the packages it is asked for, the first \`count\` of them. */
const npm = (count = 9) => `
const fs = require('node:fs')
const path = require('node:path')
const prefix = args[args.indexOf('--prefix') + 1]
fs.writeFileSync(__dirname + '/called-' + process.pid, JSON.stringify({ args, env: process.env }))
for (const wanted of args.filter(arg => /@[\\d.]+$/.test(arg)).slice(0, ${count})) {
  const at = wanted.lastIndexOf('@')
  const folder = path.join(prefix, 'node_modules', wanted.slice(0, at))
  fs.mkdirSync(folder, { recursive: true })
  fs.writeFileSync(path.join(folder, 'package.json'), JSON.stringify({ version: wanted.slice(at + 1) }))
}
`

const withNpm = (t: { testdir(): string }, source: string) => {
  const dir = t.testdir()
  const bin = join(dir, 'bin')
  mkdirSync(bin)
  const env = fakePrograms(bin, { 'npm-cli.js': source })
  const calls = () =>
    readdirSync(bin)
      .filter(name => name.startsWith('called'))
      .map(name => JSON.parse(readFileSync(join(bin, name), 'utf8')))
  const npm_execpath = join(bin, 'npm-cli.js')
  return { env: { ...env, npm_execpath }, cache: join(dir, 'cache'), calls }
}

t.test('the engine and one binary package are installed, without scripts', async t => {
  const { env, cache, calls } = withNpm(t, npm())
  t.equal(await hasEngine(cache), false)
  const module = await installEngine({ env, cache })
  t.ok(await hasEngine(cache))
  t.ok(module.startsWith(engineFolder(cache)))
  const [{ args }] = calls()
  for (const flag of ['--no-save', '--omit=optional', '--ignore-scripts'])
    t.ok(args.includes(flag), flag)
  t.same(args.slice(-2), [
    `node-llama-cpp@${engineVersion}`,
    `${enginePackage()}@${engineVersion}`,
  ])
})

t.test('what is installed is not installed again', async t => {
  const { env, cache, calls } = withNpm(t, npm())
  await installEngine({ env, cache })
  await installEngine({ env, cache })
  t.equal(calls().length, 1)
})

t.test("npm's settings for the project do not get into the engine's install", async t => {
  const { env, cache, calls } = withNpm(t, npm())
  const more = {
    npm_config_workspace: 'a',
    npm_config_dry_run: 'true',
    npm_config_registry: 'http://mirror',
  }
  await installEngine({ env: { ...env, ...more }, cache })
  const [call] = calls()
  t.match(call.env, { npm_config_registry: 'http://mirror' })
  t.equal(call.env.npm_config_workspace, undefined)
  t.equal(call.env.npm_config_dry_run, undefined)
})

t.test('an npm that fails is quoted, and nothing half-done is left', async t => {
  const source = `${npm(1)}console.error('npm error 404'); process.exit(1)`
  const { env, cache } = withNpm(t, source)
  await t.rejects(installEngine({ env, cache }), {
    code: 'embedded_unavailable',
    exitCode: 1,
    message:
      /npm could not install it: .*code 1\n {4}npm error 404\n(?:.*\n)*.*--base-url/,
  })
  t.notOk(existsSync(engineFolder(cache)))
  t.same(readdirSync(cache), ['npm-install.log'])
})

t.test('two processes that install at once both end with a whole engine', async t => {
  const { env, cache, calls } = withNpm(t, npm())
  await Promise.all([installEngine({ env, cache }), installEngine({ env, cache })])
  t.equal(calls().length, 2)
  t.ok(await hasEngine(cache))
})

t.test('an engine of which a part is missing is put right', async t => {
  const { env, cache } = withNpm(t, npm(1))
  await installEngine({ env, cache })
  t.equal(await hasEngine(cache), false)
  fakePrograms(join(cache, '..', 'bin'), { 'npm-cli.js': npm() })
  await installEngine({ env, cache })
  t.ok(await hasEngine(cache))
})
