import t from 'tap'
import { enginePackage } from '../../../lib/embedded/fetch/engine-package.js'

const machines = [
  ['linux', 'x64', '@node-llama-cpp/linux-x64'],
  ['linux', 'arm64', '@node-llama-cpp/linux-arm64'],
  ['linux', 'arm', '@node-llama-cpp/linux-armv7l'],
  ['darwin', 'arm64', '@node-llama-cpp/mac-arm64-metal'],
  ['darwin', 'x64', '@node-llama-cpp/mac-x64'],
  ['win32', 'x64', '@node-llama-cpp/win-x64'],
  ['win32', 'arm64', '@node-llama-cpp/win-arm64'],
] as const
for (const [platform, arch, name] of machines)
  t.test(`${platform} on ${arch} gets its own build`, async t => {
    t.equal(enginePackage(platform, arch), name)
  })

t.test('a machine without a build gets none', async t => {
  t.equal(enginePackage('aix', 'ppc64'), undefined)
})
