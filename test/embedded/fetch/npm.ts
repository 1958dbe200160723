import t from 'tap'
import { join } from 'node:path'
import { npmCommand } from '../../../lib/embedded/fetch/npm.js'

t.test('under npm, the running npm is taken', async t => {
  const script = join(t.testdir({ 'npm-cli.js': '' }), 'npm-cli.js')
  const command = npmCommand({ npm_execpath: script })
  t.same(command, { file: process.execPath, args: [script] })
})

t.test('under another package manager, the npm beside Node is taken', async t => {
  const dir = t.testdir({
    'pnpm.cjs': '',
    bin: { node: '' },
    lib: { node_modules: { npm: { bin: { 'npm-cli.js': '' } } } },
  })
  const node = join(dir, 'bin', 'node')
  t.same(npmCommand({ npm_execpath: join(dir, 'pnpm.cjs') }, node), {
    file: node,
    args: [join(dir, 'lib', 'node_modules', 'npm', 'bin', 'npm-cli.js')],
  })
})

t.test('where there is none beside Node, PATH decides', async t => {
  const node = join(t.testdir(), 'bin', 'node')
  t.same(npmCommand({}, node), { file: 'npm', args: [] })
})
