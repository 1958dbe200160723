import t from 'tap'
import { join } from 'node:path'
import { cacheFolder } from '../../../lib/embedded/fetch/cache.js'

t.test('ULTRAIF_CACHE is taken before everything else', async t => {
  const env = { ULTRAIF_CACHE: '/big/disk', XDG_CACHE_HOME: '/xdg' }
  t.equal(cacheFolder(env, 'linux', '/home/ann'), '/big/disk')
})

t.test('without it, XDG_CACHE_HOME', async t => {
  t.equal(
    cacheFolder({ XDG_CACHE_HOME: '/xdg' }, 'darwin', '/home/ann'),
    join('/xdg', 'ultraif'),
  )
})

const places = [
  ['linux', join('/home/ann', '.cache', 'ultraif')],
  ['darwin', join('/home/ann', 'Library', 'Caches', 'ultraif')],
  ['win32', join('/home/ann', 'AppData', 'Local', 'ultraif', 'cache')],
] as const
for (const [platform, place] of places)
  t.test(`else the usual place on ${platform}`, async t => {
    t.equal(cacheFolder({}, platform, '/home/ann'), place)
  })
