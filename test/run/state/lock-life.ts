import { statSync, utimesSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { until } from '../../../fixtures/until.js'
import { keepAlive } from '../../../lib/run/state/lock-life.js'

t.test('a lock is touched as long as it is held', async t => {
  const path = join(t.testdir({ lock: 'own' }), 'lock')
  const timers: (() => void)[] = []
  t.intercept(globalThis, 'setInterval', {
    value: (touch: () => void) => {
      timers.push(touch)
      return { unref: () => undefined }
    },
  })
  const { stop } = await keepAlive(path, 'own')
  utimesSync(path, 1, 1)
  timers[0]?.()
  await until(() => statSync(path).mtimeMs > 1000)
  await stop()
  t.equal(statSync(path).size, 3)
})
