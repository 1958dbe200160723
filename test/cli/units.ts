import t from 'tap'
import { readDuration, readSize, writeDuration, writeSize } from '../../lib/cli/units.js'

t.test('sizes are read with and without a unit', async t => {
  t.equal(readSize('4MiB'), 4 * 1024 * 1024)
  t.equal(readSize('512kib'), 512 * 1024)
  t.equal(readSize('1.5 GB'), 1_500_000_000)
  t.equal(readSize('4096'), 4096)
})

t.test('durations must name their unit', async t => {
  t.equal(readDuration('30s'), 30_000)
  t.equal(readDuration('10m'), 600_000)
  t.equal(readDuration('1.5h'), 5_400_000)
  t.equal(readDuration('250ms'), 250)
  t.equal(readDuration('30'), undefined)
})

t.test('anything else is not read', async t => {
  for (const text of ['', 'MiB', '-1s', '4 parsecs', '1e3s', 'constructor'])
    t.equal(readSize(text) ?? readDuration(text), undefined, text)
})

t.test('what is written reads back as the same', async t => {
  for (const bytes of [0, 1, 1024, 1500, 4194304, 3 * 2 ** 30])
    t.equal(readSize(writeSize(bytes)), bytes)
  for (const ms of [0, 1, 1500, 30_000, 600_000, 7_200_000])
    t.equal(readDuration(writeDuration(ms)), ms)
  t.equal(writeSize(4194304), '4MiB')
  t.equal(writeDuration(600_000), '10m')
})
